// `npm run image-root`: does what the Dockerfile says in roots of Debian made for it, and has the result serve devices as
// containers would: each the first of its processes, read-only, without privileges, on a network of its own. First one process
// with all roles, then two of each with PostgreSQL, NATS and a proxy, told what the Compose files say. Takes minutes, and root.
// `npm run image-root -- <folder>` keeps what the image begins with in that folder, and finds it there the next time.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { makeBase, whyNoRoot } from "./image/base.ts";
import { buildImage, type Image } from "./image/build.ts";
import { whyNoNeighbours } from "./image/neighbours.ts";
import { serveOne } from "./image/serve-one.ts";
import { serveRoles } from "./image/serve-roles.ts";

const why = whyNoRoot();
if (why !== undefined) console.error(`nothing was done: ${why}`);
process.exitCode = why === undefined && (await buildAndServe(process.argv[2])) ? 0 : 1;

async function buildAndServe(kept: string | undefined): Promise<boolean> {
  using made = new DisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "heliograph-image-"));
  made.defer(() => {
    rmSync(folder, { recursive: true });
  });
  const base = resolve(kept ?? join(folder, "base"));
  if (!existsSync(base)) {
    timed("Debian and Node", () => {
      makeBase(base);
    });
  }
  const image = timed("the image", () => buildImage(base, folder));
  console.log(`the image has ${megabytes(image.root) - megabytes(base)} MB more than what it begins with`);
  const servedOne = await serveOne(image);
  return (await serveRolesOrSay(image)) && servedOne;
}

async function serveRolesOrSay(image: Image): Promise<boolean> {
  const why = whyNoNeighbours();
  if (why === undefined) return serveRoles(image);
  console.log(`roles were left out: ${why}`);
  return true;
}

function timed<T>(what: string, act: () => T): T {
  const began = performance.now();
  const done = act();
  console.log(`${what}: made in ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  return done;
}

function megabytes(folder: string): number {
  return Number.parseInt(
    execFileSync("du", ["--summarize", "--block-size=1M", folder], { encoding: "utf8" }),
    10,
  );
}
