import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** Why no root can be made here; undefined where one can. */
export function whyNoRoot(): string | undefined {
  if (process.getuid?.() !== 0) return "needs to be run by root";
  const missing = ["debootstrap", "apt-get", "unshare", "nsenter", "ip", "curl"].find(
    (name) => !isThere(name),
  );
  if (missing !== undefined) return `needs ${missing} on PATH`;
  if (process.env["npm_execpath"] === undefined)
    return "needs to be run by npm, whose code goes into the root";
  return mirror() === undefined ? "needs a source of Debian 12 in the configuration of apt" : undefined;
}

/** What the image begins with, without a registry of images: Debian 12 by this machine's own source, Node and npm. */
export function makeBase(root: string): void {
  const source = mirror();
  if (source === undefined) throw new Error("apt knows no source of Debian 12");
  execFileSync("debootstrap", ["--variant=minbase", "bookworm", root, source], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const local = `${root}/usr/local`;
  cpSync(process.execPath, `${local}/bin/node`);
  const npm = resolve(dirname(process.env["npm_execpath"] ?? ""), "..");
  mkdirSync(`${local}/lib/node_modules`, { recursive: true });
  cpSync(npm, `${local}/lib/node_modules/npm`, { recursive: true, dereference: true });
  symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", `${local}/bin/npm`);
}

/** Where apt has Debian 12 from. */
function mirror(): string | undefined {
  const format = "$(REPO_URI) $(CODENAME) $(COMPONENT) $(CREATED_BY)";
  const targets = execFileSync("apt-get", ["indextargets", "--format", format], { encoding: "utf8" });
  const line = targets.split("\n").find((each) => each.endsWith(" bookworm main Packages"));
  return line?.split(" ")[0];
}

function isThere(program: string): boolean {
  try {
    execFileSync("which", [program], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
