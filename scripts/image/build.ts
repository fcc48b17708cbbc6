import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { ROOT } from "../check/sources.ts";
import { readIgnore, type IsSent } from "./context.ts";
import { commandOf, readDockerfile, variablesOf, type Instruction, type Stage } from "./dockerfile.ts";
import { runIn } from "./root.ts";

const DOCKERFILE = "packaging/docker/Dockerfile";

/** An image as it was built: its root, and how it is started. */
export interface Image {
  readonly root: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly user: string;
  readonly command: readonly string[];
  readonly health: readonly string[];
  readonly volume: string;
}

interface Building {
  readonly stage: Stage;
  readonly root: string;
  /** The roots of the stages before, by their names. */
  readonly before: ReadonlyMap<string, string>;
  readonly isSent: IsSent;
}

/** Does what the Dockerfile says, each stage in a copy of the base; gives the last of them. */
export function buildImage(base: string, folder: string): Image {
  const isSent = readIgnore(readFileSync(resolve(ROOT, `${DOCKERFILE}.dockerignore`), "utf8"));
  const before = new Map<string, string>();
  let image: Image | undefined;
  for (const [index, stage] of readDockerfile(readFileSync(resolve(ROOT, DOCKERFILE), "utf8")).entries()) {
    const root = join(folder, `stage-${index}`);
    execFileSync("cp", ["--archive", "--reflink=auto", base, root]);
    image = buildStage({ stage, root, before, isSent });
    before.set(stage.name, root);
  }
  if (image === undefined) throw new Error("the Dockerfile has no stage");
  return image;
}

function buildStage(building: Building): Image {
  const { stage, root } = building;
  let environment: Readonly<Record<string, string>> = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  };
  let folder = "/";
  for (const { name, value } of stage.instructions) {
    console.log(`${stage.name === "" ? "image" : stage.name}: ${name} ${value}`);
    if (name === "WORKDIR") mkdirSync(root + (folder = value), { recursive: true });
    if (name === "ENV") environment = { ...environment, ...variablesOf(value) };
    if (name === "COPY") copy(value, folder, building);
    if (name === "RUN")
      withNetwork(root, (variables) => {
        runIn(root, { command: commandOf(value), environment: { ...environment, ...variables }, folder });
      });
  }
  const last = (wanted: string): string => lastOf(stage.instructions, wanted);
  return {
    ...{ root, environment, folder, user: last("USER"), volume: last("VOLUME") },
    command: [...commandOf(last("ENTRYPOINT") || "[]"), ...commandOf(last("CMD") || "[]")],
    health: commandOf(last("HEALTHCHECK").replace(/^.*?\bCMD /, "") || "[]"),
  };
}

function lastOf(instructions: readonly Instruction[], wanted: string): string {
  return instructions.findLast(({ name }) => name === wanted)?.value ?? "";
}

/** `COPY [--from=stage] source… target` */
function copy(value: string, folder: string, { root, before, isSent }: Building): void {
  const words = value.split(/\s+/);
  const from = words[0]?.startsWith("--from=") === true ? words.shift()?.slice("--from=".length) : undefined;
  const target = words.pop() ?? "";
  const to = root + resolve(folder, target);
  const context = from === undefined ? ROOT : before.get(from);
  if (context === undefined) throw new Error(`no stage is named ${from ?? ""}`);
  for (const source of words) {
    const path = join(context, source);
    if (!existsSync(path) || (from === undefined && !isSent(source)))
      throw new Error(`${source} is not sent`);
    const filter = (each: string): boolean => from !== undefined || isSent(relative(ROOT, each));
    cpSync(path, target.endsWith("/") ? join(to, source) : to, {
      recursive: true,
      filter,
      verbatimSymlinks: true,
    });
  }
}

/** What a build gets of this machine and no image keeps: names, the registry, and the authorities that are believed. */
function withNetwork(root: string, act: (variables: Readonly<Record<string, string>>) => void): void {
  const authorities = process.env["NODE_EXTRA_CA_CERTS"];
  const lent = { "/etc/resolv.conf": "/etc/resolv.conf", ...(authorities && { "/tmp/ca.pem": authorities }) };
  for (const [at, from] of Object.entries(lent)) {
    mkdirSync(dirname(root + at), { recursive: true });
    cpSync(from, root + at, { dereference: true });
  }
  const registry = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim();
  act({
    ...{
      HOME: "/root",
      npm_config_registry: registry,
      npm_config_cache: "/tmp/npm",
      npm_config_update_notifier: "false",
    },
    ...(authorities === undefined ? {} : { NODE_EXTRA_CA_CERTS: "/tmp/ca.pem" }),
  });
  for (const at of [...Object.keys(lent), "/tmp/npm"]) rmSync(root + at, { recursive: true, force: true });
}
