import { spawnSync } from "node:child_process";

/** A machine: where it is reached, and what a command begins with that is to run on it. */
export interface Machine {
  readonly address: string;
  readonly under: readonly string[];
}

/** Machines that reach each other, until somebody cuts a line. */
export interface Network extends Disposable {
  machine(name: string): Machine;
  /** From now on nothing that one sends reaches the other, either way, and nobody tells them. */
  cut(one: string, other: string): void;
  /** Takes that back. */
  mend(one: string, other: string): void;
}

/** This one, for whatever needs no machine of its own. */
export const HERE: Machine = { address: "127.0.0.1", under: [] };

/** Undefined where a network of machines can be made; else why not. */
export function whyNoNetwork(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root, to make a network of machines";
  const name = `${prefixOf(process.pid)}-try`;
  const made = spawnSync("ip", ["netns", "add", name]);
  if (made.status !== 0) return "needs ip netns, to make a network of machines";
  spawnSync("ip", ["netns", "delete", name]);
  return undefined;
}

/** All of them are this machine: no line can be cut. */
export function oneMachine(): Network {
  const refuse = (): never => {
    throw new Error("there is no line to cut between parts of one machine");
  };
  return { machine: () => HERE, cut: refuse, mend: refuse, [Symbol.dispose]: () => undefined };
}

/**
 * Each of the names is a network namespace of its own, joined to one more that is their router; so is this machine, by the
 * name of {@link OUTSIDE}. A line that is cut loses what is sent over it at the router, as one does that is broken.
 */
export function machinesOf(names: readonly string[]): Network {
  const network = new RoutedNetwork();
  try {
    for (const name of names) network.join(name);
    return network;
  } catch (error) {
    network[Symbol.dispose]();
    throw error;
  }
}

/** Takes away what networks of this process are left. */
export function removeNetworks(): void {
  const prefix = prefixOf(process.pid);
  const { status, stdout } = spawnSync("ip", ["netns", "list"], { encoding: "utf8" });
  if (status !== 0) return;
  // With the namespaces go the ends of their lines, and with those the others.
  for (const [space = ""] of stdout.split("\n").map((line) => line.split(" "))) {
    if (space.startsWith(`${prefix}-`)) spawnSync("ip", ["netns", "delete", space]);
  }
  spawnSync("ip", ["link", "delete", `${prefix}n0`]);
}

/** Of the names of all that belongs to it. */
function prefixOf(pid: number): string {
  return `hg${pid}`;
}

/** This machine, where devices and managers are. */
export const OUTSIDE = "outside";

class RoutedNetwork implements Network {
  readonly #prefix = prefixOf(process.pid);
  readonly #router = `${this.#prefix}-r`;
  /** Of runs side by side each has a network of its own. */
  readonly #net = `10.${64 + (process.pid % 128)}`;
  readonly #machines = new Map<string, Machine>();

  constructor() {
    ip("netns", "add", this.#router);
    this.#inRouter("link", "set", "lo", "up");
    run("ip", "netns", "exec", this.#router, "sysctl", "-qw", "net.ipv4.ip_forward=1");
    this.#connect(OUTSIDE, undefined);
    ip("route", "add", `${this.#net}.0.0/16`, "via", `${this.#net}.0.1`);
  }

  join(name: string): void {
    const space = `${this.#prefix}-${this.#machines.size}`;
    ip("netns", "add", space);
    inside(space, "link", "set", "lo", "up");
    const gateway = this.#connect(name, space);
    inside(space, "route", "add", "default", "via", gateway);
  }

  machine(name: string): Machine {
    const machine = this.#machines.get(name);
    if (machine === undefined) throw new Error(`there is no machine ${name}`);
    return machine;
  }

  cut(one: string, other: string): void {
    this.#rule("add", one, other);
  }

  mend(one: string, other: string): void {
    this.#rule("delete", one, other);
  }

  [Symbol.dispose](): void {
    removeNetworks();
  }

  /** Lays a line to the router; gives the router's address on it. */
  #connect(name: string, space: string | undefined): string {
    const number = this.#machines.size;
    const [near, far] = [`${this.#prefix}n${number}`, `${this.#prefix}f${number}`];
    const [gateway, address] = [`${this.#net}.${number}.1`, `${this.#net}.${number}.2`];
    const under = space === undefined ? [] : ["ip", "netns", "exec", space];
    this.#machines.set(name, { address, under });
    ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", this.#router);
    if (space !== undefined) ip("link", "set", near, "netns", space);
    run(...under, "ip", "address", "add", `${address}/24`, "dev", near);
    run(...under, "ip", "link", "set", near, "up");
    this.#inRouter("address", "add", `${gateway}/24`, "dev", far);
    this.#inRouter("link", "set", far, "up");
    return gateway;
  }

  #rule(change: "add" | "delete", one: string, other: string): void {
    const [here, there] = [this.machine(one).address, this.machine(other).address];
    for (const [from, to] of [
      [here, there],
      [there, here],
    ] as const) {
      this.#inRouter("rule", change, "from", from, "to", to, "priority", "100", "blackhole");
    }
  }

  #inRouter(...args: readonly string[]): void {
    inside(this.#router, ...args);
  }
}

function inside(space: string, ...args: readonly string[]): void {
  ip("-netns", space, ...args);
}

function ip(...args: readonly string[]): void {
  run("ip", ...args);
}

function run(...[command = "", ...args]: readonly string[]): void {
  const done = spawnSync(command, args);
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${String(done.stderr)}`);
}
