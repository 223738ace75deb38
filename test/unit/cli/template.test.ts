import { equal, throws } from "node:assert/strict";
import { compileTemplate } from "../../../sdk/cli/template/template.ts";

const DATA = {
  Name: "/web",
  Size: 12,
  Empty: "",
  Nil: null,
  List: ["a", "b"],
  Ports: { "80/tcp": [{ HostPort: "8080" }], "443/tcp": null },
  Labels: { "com.example.a": "1" },
  State: { Running: true, Status: "running" },
  Mounts: [{ Source: "/s1" }, { Source: "/s2" }],
};

/** What Go's text/template with docker's functions prints. */
const PRINTED: readonly (readonly [string, string])[] = [
  ["{{.Name}}", "/web"],
  ["{{.Name}} {{.Size}}", "/web 12"],
  ["{{.State.Status | upper}}", "RUNNING"],
  ["{{json .List}}", '["a","b"]'],
  ["{{json .State}}", '{"Running":true,"Status":"running"}'],
  ["{{.List}}", "[a b]"],
  ["{{.State}}", "map[Running:true Status:running]"],
  ["{{range .Mounts}}{{.Source}} {{end}}", "/s1 /s2 "],
  ["{{range $i, $m := .Mounts}}{{if $i}},{{end}}{{$m.Source}}{{end}}", "/s1,/s2"],
  ["{{range $k, $v := .Ports}}{{$k}}={{len $v}};{{end}}", "443/tcp=0;80/tcp=1;"],
  ['{{(index (index .Ports "80/tcp") 0).HostPort}}', "8080"],
  ['{{index .Labels "com.example.a"}}', "1"],
  ["{{if .State.Running}}up{{else}}down{{end}}", "up"],
  ["{{if and .Name (eq .Size 12)}}yes{{end}}", "yes"],
  ["{{if not .Empty}}none{{end}}", "none"],
  ["{{with .State}}{{.Status}}{{end}}", "running"],
  ["{{with .Empty}}x{{else}}y{{end}}", "y"],
  ["{{if .Empty}}a{{else if .Name}}b{{else}}c{{end}}", "b"],
  ["{{range .Nil}}x{{else}}nothing{{end}}", "nothing"],
  ["{{$x := .Size}}{{$x}}", "12"],
  ['{{printf "%-6s|%04d|%q" .Name .Size .Name}}', '/web  |0012|"/web"'],
  ['{{join .List ","}}', "a,b"],
  ['{{range split "a:b" ":"}}[{{.}}]{{end}}', "[a][b]"],
  ["{{slice .Name 1}}", "web"],
  ['{{title "abc"}}{{lower "ABC"}}', "Abcabc"],
  ["a {{- /* nothing */ -}} b", "ab"],
  ["{{ .Name -}}   x", "/webx"],
  ['{{println .Size "a"}}', "12 a\n"],
  ["{{len .Name}}", "4"],
  ["{{or .Empty .Name}}", "/web"],
  ["{{.Nil}}", "<no value>"],
  ["{{truncate .Name 2}}", "/w"],
  ["{{pad .Name 1 2}}|", " /web  |"],
];

describe("compileTemplate", () => {
  for (const [source, printed] of PRINTED) it(source, () => equal(compileTemplate(source)(DATA), printed));

  const REFUSED: readonly (readonly [string, RegExp])[] = [
    ["{{.Name", /unclosed action/],
    ["{{nope .Name}}", /function "nope" not defined/],
    ["{{if .Name}}x", /unexpected EOF/],
    ["{{end}}", /unexpected \{\{end\}\}/],
    ["{{}}", /missing value for command/],
    ["{{$nope}}", /undefined variable/],
    ["{{.Name.More}}", /can't evaluate field More/],
  ];
  for (const [source, message] of REFUSED)
    it(`refuses ${source}`, () => throws(() => compileTemplate(source)(DATA), message));
});
