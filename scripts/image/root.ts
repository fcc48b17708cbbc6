import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export interface Process {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Of the root's own accounts; left out, root. */
  readonly user?: string;
}

/** What a container is apart from its root, which it may not write to. */
export interface Confinement {
  readonly network: string;
  readonly mounts: readonly Mount[];
}

/** A file or a folder of this machine, or what `mount` is told of an empty one in memory. */
export type Mount =
  { readonly at: string; readonly from: string } | { readonly at: string; readonly memory: string };

/** Has a command done in another root, as building an image does: by its root, on this machine's network. */
export function runIn(root: string, process: Process): void {
  const args = [
    "--mount",
    "--pid",
    "--fork",
    `--mount-proc=${root}/proc`,
    "chroot",
    root,
    ...inside(process),
  ];
  execFileSync("unshare", args, { stdio: "inherit" });
}

/** Starts a command in another root, as a container of it does: first of its processes, read-only, without privileges. */
export function startIn(root: string, process: Process, { network, mounts }: Confinement): ChildProcess {
  for (const mount of mounts) makeMountPoint(root, mount);
  const prepare = [
    `mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && mount -t proc proc "$0/proc"`,
    `mount --rbind /dev "$0/dev"`,
    ...mounts.map((mount) =>
      "from" in mount
        ? `mount --bind "${mount.from}" "$0${mount.at}"`
        : `mount -t tmpfs -o "${mount.memory}" tmpfs "$0${mount.at}"`,
    ),
    `exec chroot "$0" "$@"`,
  ].join(" && ");
  const apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child"];
  const args = ["netns", "exec", network, ...apart, "/bin/sh", "-c", prepare, root, ...inside(process)];
  return spawn("ip", args, { stdio: ["ignore", "pipe", "inherit"] });
}

/** Something can only be mounted where something is. */
function makeMountPoint(root: string, mount: Mount): void {
  const path = root + mount.at;
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  if ("from" in mount && statSync(mount.from).isFile()) writeFileSync(path, "");
  else mkdirSync(path);
}

/** What runs in a root that was started, by its number on this machine. */
export function firstProcess({ pid }: ChildProcess): number {
  const [child = ""] = readFileSync(`/proc/${pid ?? 0}/task/${pid ?? 0}/children`, "utf8").split(" ");
  return Number(child);
}

/** Has a command done in what runs already; gives what it printed. Throws where it does not end well. */
export function runBeside(target: number, process: Process): string {
  const namespaces = ["--mount", "--net", "--pid", "--root", "--wdns=/"];
  return execFileSync("nsenter", ["--target", String(target), ...namespaces, ...inside(process)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** In its folder, with its environment alone, and as its user without any privilege. */
function inside({ command, environment, folder, user }: Process): readonly string[] {
  const become = [`--reuid=${user ?? ""}`, `--regid=${user ?? ""}`, "--clear-groups", "--bounding-set=-all"];
  const unprivileged = user === undefined ? [] : ["/usr/bin/setpriv", ...become, "--no-new-privs"];
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const go = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', folder, ...command];
  return ["/usr/bin/env", "-i", ...variables, ...unprivileged, ...go];
}
