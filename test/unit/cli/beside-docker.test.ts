/** What the commands print and ask for, beside docker's own client, against the same answers. */
import { deepEqual } from "node:assert/strict";
import { besideDocker, essence, needsDocker28, type Outcome } from "../../support/beside-docker.ts";
import { ANSWERS } from "../../support/canned-engine.ts";

/** Words apart by spaces; `~` stands for a space in a word, `%t` for \\t. */
const LINES = String.raw`
ps
ps -a --no-trunc
ps -q
ps -s
ps --format {{.Label~"com.example.role"}}%t{{.ID}}|{{.Names}}|{{.Mounts}}|{{.Networks}}|{{.CreatedAt}}|{{.RunningFor}}|{{.LocalVolumes}}
ps --format table~{{.Names}}%t{{.Label~"com.example.role"}}%t{{.Size}}%t{{.Ports}}
ps --format json
ps --format {{json~.}}
ps --format {{json~.Names}}
ps --format {{.ID
ps -n 1
ps -l
ps -f status=running -f label=a=b
images
images -a --digests
images -q
images --no-trunc
images --format json
images --format {{.Repository}}:{{.Tag}}|{{.Size}}|{{.CreatedSince}}|{{.CreatedAt}}|{{.Digest}}|{{.ID}}|{{.VirtualSize}}|{{.SharedSize}}|{{.UniqueSize}}|{{.Containers}}
images busybox
inspect web
inspect -f {{.State.Status}} web
inspect -f {{json~.Config.Labels}} web
inspect -f {{.Config.Labels.zzz}} web
inspect -f {{.State web
inspect --size web
image inspect busybox
history busybox
history --no-trunc busybox
history -q busybox
history --format {{.ID}}|{{.CreatedBy}}|{{.CreatedSince}}|{{.CreatedAt}}|{{.Size}}|{{.Comment}} busybox
history -H=false busybox
top web
top web -o pid,cmd
port web
port web 80
port web 80/tcp
port web 80/udp
port web 443
port web foo
port web 99999
port
stats --no-stream
stats --no-stream web
stats --no-stream --no-trunc --format {{.Name}}|{{.ID}}|{{.CPUPerc}}|{{.MemUsage}}|{{.MemPerc}}|{{.NetIO}}|{{.BlockIO}}|{{.PIDs}}|{{.Container}} web
stats --no-stream --format json web
events
events --format {{json~.}}
events --format {{.Type}}~{{.Action}}~{{.Actor.ID}}~{{.Status}}
system df
system df --format {{.Type}}|{{.TotalCount}}|{{.Active}}|{{.Size}}|{{.Reclaimable}}
system df --format json
volume ls
volume ls -q
volume ls --format {{.Name}}|{{.Labels}}|{{.Mountpoint}}|{{.Scope}}|{{.Size}}|{{.Links}}
volume inspect tour-data
volume create v1
volume create
volume rm v1
volume prune -f
network ls
network ls -q --no-trunc
network ls --format {{.ID}}|{{.Name}}|{{.IPv6}}|{{.Internal}}|{{.CreatedAt}}|{{.Labels}}
network inspect bridge
network create --subnet 10.1.0.0/16 --label a=b n1
network rm n1
network connect --alias a --ip 10.1.0.5 n1 web
network disconnect -f n1 web
network prune -f
pull busybox
pull -q busybox
pull -a busybox
pull busybox@sha256:aa
push localhost:5000/x
push -q localhost:5000/x
rmi busybox
rmi -f --no-prune busybox
tag busybox b2
tag busybox bad/UPPER
container prune -f
image prune -f
image prune -a -f --filter until=24h
system prune -f
system prune -a --volumes -f
update -m 1g --cpus 2 web
update --restart always web
run busybox true
run -d busybox true
run --name x busybox echo hi
run --rm busybox
run -i busybox
run --pull always busybox
create busybox
create --pull never -it busybox
start web
start -a web
start -i web
exec web ls -l
exec -e A=1 -u root -w /x --privileged web ls
wait web
stop -t 3 -s TERM web
restart -t 3 web
kill -s HUP web
pause web
rm -fv web
rm -l web/x
system df -v
version --format {{.Server.Version}}~{{.Client.APIVersion}}
info -f {{.Runtimes.nvidia}}
info --format {{.ServerVersion}}~{{.Driver}}
logs web
exec -d web ls
nosuch
container nosuch
ps --nosuch
ps extra
rm
rename a
logs a b
exec a
stop -t x a
update web
run --restart=always --rm x
ps --format {{.ID
inspect -f {{.State web
pull UPPER
pull a:b:c
tag busybox bad/UPPER
run UPPER
run a:b:c true
rmi
create UPPER
`;

describe("the command prints and asks what docker's does", function () {
  this.timeout(60_000);
  before(needsDocker28);

  for (const line of LINES.trim().split("\n")) {
    it(line, async () => {
      const words = line.split(" ").map((word) => word.replaceAll("~", " ").replaceAll("%t", "\\t"));
      const both = await besideDocker(words, ANSWERS);
      deepEqual(shown(both.slipway), shown(both.docker));
    });
  }
});

function shown({ code, stdout, stderr, requests }: Outcome): unknown {
  // docker waits for what it does not need (`run -d`), and looks at what it will see anyway (`exec`, `network rm`).
  const sent = requests.filter(({ method, path }) => method !== "GET" && !path.endsWith("/wait"));
  return {
    code,
    stdout,
    stderr,
    sent: sent.map(({ path, query, body }) => ({
      path: decodeURIComponent(path),
      query: flat(query),
      body: essence(body),
    })),
  };
}

/** `1` and `true` say the same, and so do the two forms of a filter. */
function flat(query: Readonly<Record<string, string>>): unknown {
  return Object.fromEntries(
    Object.entries(query).flatMap(([name, value]) => {
      if (name !== "filters") return [[name, value === "true" ? "1" : value]];
      const filters = Object.entries(
        (value === "" ? {} : JSON.parse(value)) as Record<string, string[] | Record<string, boolean>>,
      );
      const lists = filters.map(([key, of]) => [key, Array.isArray(of) ? of : Object.keys(of)]);
      return lists.length === 0 ? [] : [[name, Object.fromEntries(lists) as unknown]];
    }),
  );
}
