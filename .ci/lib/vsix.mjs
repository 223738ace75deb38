// The .vsix: the extension with the engine that it starts, for this CPU. `--no-node` leaves Node out, where the editor's own is new enough.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { EXTENSION, EXTENSION_DIST, extensionManifest } from "./extension.mjs";
import { ROOT } from "./paths.mjs";
import { zip } from "./zip.mjs";

const MAX_BYTES_WITHOUT_ENGINE = 5 * 1000 * 1000;
/** The platform's name for the gallery. */
const TARGET = `linux-${process.arch}`;

/** @returns {string} path of the archive */
export function makeVsix({ withNode = true, folder = ROOT } = {}) {
  const manifest = extensionManifest();
  const own = ownFiles(manifest);
  const engine = engineFiles(withNode);
  const frame = [
    { name: "extension.vsixmanifest", data: Buffer.from(vsixManifest(manifest)) },
    { name: "[Content_Types].xml", data: Buffer.from(contentTypes([...own, ...engine])) },
  ];
  const alone = zip([...frame, ...own]).length;
  if (alone > MAX_BYTES_WITHOUT_ENGINE) throw new Error(`the extension without its engine has ${alone} bytes`);
  const path = join(folder, `${manifest.name}-${manifest.version}-${TARGET}.vsix`);
  const archive = zip([...frame, ...own, ...engine]);
  writeFileSync(path, archive);
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  console.log(
    `packed ${path}: ${megabytes(archive.length)}, of which the engine is ${megabytes(archive.length - alone)}`,
  );
  return path;
}

const inExtension = (path) => `extension/${relative(EXTENSION, path)}`;
/** Of koffi, neither its C++ sources nor its documents. */
const isCode = (path) => /\/(package\.json|[^/]+\.c?js)$/.test(path) && !/\/koffi\/(vendor|doc)\//.test(path);
const entry = (path, name = inExtension(path)) => ({
  name,
  data: readFileSync(path),
  mode: statSync(path).mode & 0o111 ? 0o755 : 0o644,
});

function below(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name))
    .sort();
}

/** What the editor loads; private fields of the workspace stay here. */
function ownFiles(manifest) {
  const { private: _, devDependencies: __, ...published } = manifest;
  const dist = below(EXTENSION_DIST).filter((path) => /\.cjs$|\/pages\/.*\.(js|css)$/.test(path));
  const media = below(join(EXTENSION, "media"));
  return [
    { name: "extension/package.json", data: Buffer.from(`${JSON.stringify(published, null, 2)}\n`) },
    entry(join(EXTENSION, "package.nls.json")),
    entry(join(EXTENSION, "README.md")),
    entry(join(ROOT, "LICENSE"), "extension/LICENSE.txt"),
    ...[...dist, ...media].map((path) => entry(path)),
  ];
}

/** The daemon beside the bundle; koffi and Node as packages, where both look for them. */
function engineFiles(withNode) {
  const daemon = below(EXTENSION_DIST).filter((path) => /\/dist\/[^/]+\.js$|\/slipway-shim$/.test(path));
  const koffi = below(join(ROOT, "node_modules/koffi")).filter(isCode);
  const native = below(join(ROOT, "node_modules/@koromix")).filter(
    (path) => path.includes(TARGET) || path.endsWith("package.json"),
  );
  const node = `node-linux-${process.arch}`;
  const program = withNode
    ? ["bin/node", "LICENSE", "package.json"].map((name) => join(ROOT, "node_modules", node, name))
    : [];
  const asPackage = (path) => entry(path, `extension/${relative(ROOT, path)}`);
  return [...daemon.map((path) => entry(path)), ...[...koffi, ...native, ...program].map(asPackage)];
}

const escape = (text) => text.replace(/[&<>"]/g, (each) => `&#${each.codePointAt(0)};`);

function vsixManifest(manifest) {
  const nls = JSON.parse(readFileSync(join(EXTENSION, "package.nls.json"), "utf8"));
  const text = (value) => escape(nls[value.replace(/^%|%$/g, "")] ?? value);
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="${manifest.name}" Version="${manifest.version}" Publisher="${manifest.publisher}" TargetPlatform="${TARGET}"/>
    <DisplayName>${text(manifest.displayName)}</DisplayName>
    <Description xml:space="preserve">${text(manifest.description)}</Description>
    <Tags>${manifest.keywords.join(",")}</Tags>
    <Categories>${manifest.categories.join(",")}</Categories>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="${manifest.engines.vscode}"/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="${manifest.extensionKind.join(",")}"/>
    </Properties>
    <License>extension/LICENSE.txt</License>
    <Icon>extension/${manifest.icon}</Icon>
  </Metadata>
  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Icons.Default" Path="extension/${manifest.icon}" Addressable="true"/>
  </Assets>
</PackageManifest>
`;
}

function contentTypes(files) {
  const extensions = new Set(files.map(({ name }) => /\.[^./]+$/.exec(name)?.[0] ?? ""));
  const rows = [...extensions, ".vsixmanifest"].filter((each) => each !== "");
  const defaults = rows.map((each) => `<Default Extension="${each}" ContentType="application/octet-stream"/>`).join("");
  return `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${defaults}</Types>
`;
}
