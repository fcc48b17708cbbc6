import { createClient, type Client } from "@heliograph/api/client";
import { freePort, tempDir, type TempDir } from "@heliograph/testkit";
import { allRoles, type Role } from "../../src/main/roles.ts";
import { NatsServer, whyNoNats } from "../nats-server.ts";
import { PostgresServer, whyNoPostgres } from "../postgres-server.ts";
import { machinesOf, oneMachine, whyNoNetwork, type Network } from "./network.ts";
import { roamingFetch } from "./roaming.ts";
import { RoleProcess } from "./role-process.ts";

/** How many processes of each role there are; `all` are processes that have all of them. */
export type Topology = Readonly<Partial<Record<Role | "all", number>>>;

/** One process of the ACS. */
export interface Part {
  /** Such as `engine-2`. */
  readonly name: string;
  readonly role: Role | "all";
  readonly process: RoleProcess;
}

export interface MachinesOptions {
  readonly topology: Topology;
  /** Whether each part has a machine of its own, so that lines between them can be cut. */
  readonly apart: boolean;
}

/** Undefined where the ACS can be run as many processes; else why not. */
export function whyNoMachines(): string | undefined {
  return whyNoNats() ?? whyNoPostgres();
}

/** Undefined where lines between machines can be cut as well. */
export function whyNoCuts(): string | undefined {
  return whyNoNetwork();
}

const TOKEN = "a-token-of-the-machines-0123456789";
const SECRET = "5e".repeat(32);
const NATS = "nats";
/** Of a part that is paused or cut off NATS must know soon: it shares what it is sent with others. */
const NATS_SETTINGS = 'max_payload: 8MB\nping_interval: "2s"\nping_max: 2\njetstream { store_dir: FOLDER }';
const POSTGRES = "postgres";
const ASK_MS = 15_000;
const START_MS = 60_000;

/** The ACS as several processes, with its NATS and its PostgreSQL. */
export class Machines implements AsyncDisposable {
  readonly network: Network;
  readonly nats: NatsServer;
  /** Where NATS tells how much it carried. */
  readonly natsMonitor: string;
  readonly postgres: PostgresServer;
  readonly #folder: TempDir;
  readonly #parts: Part[] = [];
  readonly #doors = new Map<Door, string[]>([
    ["cwmp", []],
    ["light", []],
    ["api", []],
  ]);

  private constructor(
    network: Network,
    {
      folder,
      nats,
      natsMonitor,
      postgres,
    }: Pick<Machines, "nats" | "natsMonitor" | "postgres"> & { readonly folder: TempDir },
  ) {
    this.network = network;
    this.#folder = folder;
    this.nats = nats;
    this.natsMonitor = natsMonitor;
    this.postgres = postgres;
  }

  /** Resolves once all of it is ready. */
  static async start({ topology, apart }: MachinesOptions): Promise<Machines> {
    const names = partNames(topology);
    const network = apart ? machinesOf([NATS, POSTGRES, ...names.map(({ name }) => name)]) : oneMachine();
    const folder = tempDir();
    const monitor = `${network.machine(NATS).address}:${await freePort()}`;
    const nats = await NatsServer.start(`${NATS_SETTINGS}\nhttp: "${monitor}"`, network.machine(NATS));
    const postgres = await PostgresServer.start({ max_connections: "200" }, network.machine(POSTGRES));
    const natsMonitor = `http://${monitor}`;
    const machines = new Machines(network, { folder, nats, natsMonitor, postgres });
    try {
      await machines.#startParts(names);
      return machines;
    } catch (error) {
      await machines[Symbol.asyncDispose]();
      throw error;
    }
  }

  get parts(): readonly Part[] {
    return this.#parts;
  }

  part(name: string): Part {
    const part = this.#parts.find((candidate) => candidate.name === name);
    if (part === undefined) throw new Error(`there is no ${name}`);
    return part;
  }

  /** `host:port` of each process that has such a door. */
  doors(door: Door): readonly string[] {
    return this.#doors.get(door) ?? [];
  }

  /** A manager's client, which goes to another process where one does not answer. */
  client(): Client {
    const origins = this.doors("api").map((address) => `http://${address}`);
    return createClient({ url: origins[0] ?? "", token: TOKEN, fetch: roamingFetch(origins, ASK_MS) });
  }

  /** What opens the sockets of managers. */
  get token(): string {
    return TOKEN;
  }

  /** Of the processes of the ACS, what they complained of. */
  get complaints(): string {
    return this.#parts.map(({ name, process }) => `${name}:\n${process.complaints}`).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#parts.map(({ process }) => process.stop().catch(() => process.kill())));
    await this.nats[Symbol.asyncDispose]();
    await this.postgres[Symbol.asyncDispose]();
    this.network[Symbol.dispose]();
    this.#folder[Symbol.dispose]();
  }

  async #startParts(names: readonly Named[]): Promise<void> {
    for (const named of names) this.#parts.push(await this.#part(named));
    for (const { process } of this.#parts) process.start();
    for (const { process } of this.#parts) await process.ready(START_MS);
  }

  async #part({ name, role }: Named): Promise<Part> {
    const { address, under } = this.network.machine(name);
    const port = async (): Promise<string> => `${address}:${await freePort()}`;
    const [southbound, northbound, health] = [await port(), await port(), await port()];
    for (const door of DOORS_OF[role]) this.#doors.get(door)?.push(door === "api" ? northbound : southbound);
    const flags = {
      ...{ data: this.#folder.file(name), "nats-url": this.nats.url, "database-url": this.postgres.url },
      ...{ "secret-key": SECRET, "admin-token": TOKEN },
      ...{ "open-enrolment": "all", "allow-plain-light": "true", insecure: "true" },
      ...{ southbound, northbound, health },
      ...(role === "all" ? {} : this.#told(southbound)),
    };
    const isManaged = role === "api" || role === "all";
    const process = new RoleProcess({
      ...{ name, flags, under, roles: role === "all" ? allRoles : [role] },
      healthUrl: `http://${isManaged ? northbound : health}`,
    });
    return { name, role, process };
  }

  /** What devices are told: the first process of each kind, though others do as well. */
  #told(own: string) {
    const first = (door: Door): string => this.#doors.get(door)?.[0] ?? own;
    return { "public-url": `http://${first("cwmp")}/`, "light-url": `ws://${first("light")}/light` };
  }
}

type Door = "cwmp" | "light" | "api";

const DOORS_OF: Readonly<Record<Role | "all", readonly Door[]>> = {
  cwmp: ["cwmp"],
  light: ["light"],
  engine: [],
  api: ["api"],
  all: ["cwmp", "light", "api"],
};

interface Named {
  readonly name: string;
  readonly role: Role | "all";
}

function partNames(topology: Topology): readonly Named[] {
  const roles = ["all", "light", "cwmp", "engine", "api"] as const;
  return roles.flatMap((role) =>
    Array.from({ length: topology[role] ?? 0 }, (_, index) => ({ name: `${role}-${index + 1}`, role })),
  );
}
