/** A program with an engine of its own, for tests of what is left when it ends: prints where the engine is, runs a container, and waits. */
import { Engine } from "../../sdk/index.ts";
import { busyboxArchive } from "./busybox-image.ts";

const engine = await Engine.start();
await engine.images.load(busyboxArchive());
const options = { image: "busybox", command: ["sh", "-c", "trap '' TERM; sleep 1000"] };
const container = await engine.containers.create({ ...options, restart: { policy: "always" } });
await container.start();
const { host, daemon } = engine;
console.log(JSON.stringify({ host, pid: daemon?.pid, dataRoot: daemon?.dataRoot, container: container.id }));
process.stdin.resume();
process.stdin.on("end", () => void engine[Symbol.asyncDispose]());
