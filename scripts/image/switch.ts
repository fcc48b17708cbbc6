import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";

/** A network to which each name is joined with an address of its own, as Compose makes one. */
export class Switch implements Disposable {
  readonly #prefix: string;
  readonly #hosts: string;
  readonly #spaces: string[] = [];
  readonly #lines = ["127.0.0.1 localhost"];

  /** Writes who is where into the file `hosts`, as it is in `/etc`. */
  constructor(hosts: string, prefix = `heliograph-${process.pid}`) {
    this.#hosts = hosts;
    this.#prefix = prefix;
    ip("netns", "add", prefix);
    ip("-n", prefix, "link", "add", "bridge", "type", "bridge");
    ip("-n", prefix, "link", "set", "bridge", "up");
  }

  /** Joins somebody, of whom a name may have several; gives the namespace. */
  join(name: string): string {
    const number = this.#spaces.length + 1;
    const space = `${this.#prefix}-${number}`;
    ip("netns", "add", space);
    this.#spaces.push(space);
    ip("-n", space, "link", "set", "lo", "up");
    ip(
      "-n",
      space,
      "link",
      "add",
      "eth0",
      "type",
      "veth",
      "peer",
      "name",
      `port${number}`,
      "netns",
      this.#prefix,
    );
    ip("-n", this.#prefix, "link", "set", `port${number}`, "master", "bridge", "up");
    ip("-n", space, "address", "add", `10.75.47.${number}/24`, "dev", "eth0");
    ip("-n", space, "link", "set", "eth0", "up");
    this.#lines.push(`10.75.47.${number} ${name}`);
    writeFileSync(this.#hosts, `${this.#lines.join("\n")}\n`);
    return space;
  }

  /** What a command of this machine begins with to be one of theirs, and to know all of them by name. */
  under(space: string): readonly string[] {
    const mount = 'mount --bind "$0" /etc/hosts && exec "$@"';
    return ["ip", "netns", "exec", space, "unshare", "--mount", "/bin/sh", "-c", mount, this.#hosts];
  }

  run(space: string, command: readonly string[]): string {
    const [program = "", ...args] = [...this.under(space), ...command];
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  }

  start(space: string, command: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
    const [program = "", ...args] = [...this.under(space), ...command];
    return spawn(program, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  }

  [Symbol.dispose](): void {
    for (const space of [...this.#spaces, this.#prefix]) ip("netns", "delete", space);
  }
}

function ip(...args: readonly string[]): void {
  execFileSync("ip", args);
}
