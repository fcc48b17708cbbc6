import { createClient, type Client } from "@heliograph/api/client";
import { tempDir, type TempDir } from "@heliograph/testkit";
import type { Role } from "../../src/main/roles.ts";
import type { ServerFlags } from "../host-messages.ts";
import { NatsServer, whyNoNats } from "../nats-server.ts";
import { PostgresServer, whyNoPostgres } from "../postgres-server.ts";
import { reservePort } from "../reserved-port.ts";
import { RoleProcess } from "./role-process.ts";

/** How many processes there are of each role; left out, one. */
export type RoleCounts = Readonly<Partial<Record<Role, number>>>;

export interface RolesOptions {
  readonly counts?: RoleCounts;
  /** Further settings of all processes. */
  readonly flags?: ServerFlags;
  /** Further settings of one process, by its name. */
  readonly own?: (name: string) => ServerFlags;
  /** Started before the command of a process, by its name: what puts it into a network of its own. */
  readonly under?: (name: string) => readonly string[];
  /** How NATS is set up, and where it is for whoever has the role; left out, it lets everybody in. */
  readonly nats?: {
    readonly configuration: string;
    readonly urlOf: (role: Role, nats: NatsServer) => string;
  };
}

/** Undefined where roles can run apart here; else why not. */
export function whyNoRoles(): string | undefined {
  return whyNoNats() ?? whyNoPostgres();
}

const ROLES = ["engine", "cwmp", "light", "api"] as const;
const OPEN = "max_payload: 8MB\njetstream { store_dir: FOLDER }";
const SECRET_KEY = "5ec7".repeat(16);
const ADMIN_TOKEN = "token-of-the-many-machines";

/** An ACS of several processes, a role each, with NATS and PostgreSQL of their own; all end with it. */
export class RunningRoles implements AsyncDisposable {
  readonly nats: NatsServer;
  readonly postgres: PostgresServer;
  readonly processes: readonly RoleProcess[];
  /** Of the first `cwmp` process: what devices are told. */
  readonly acsUrl: string;
  /** Of the first `light` process: what devices are told. */
  readonly lightUrl: string;
  readonly #resources: AsyncDisposableStack;
  readonly #northboundUrls: readonly string[];

  private constructor(built: Built, resources: AsyncDisposableStack) {
    this.nats = built.nats;
    this.postgres = built.postgres;
    this.processes = built.processes;
    this.acsUrl = built.acsUrl;
    this.lightUrl = built.lightUrl;
    this.#northboundUrls = built.northboundUrls;
    this.#resources = resources;
  }

  /** Resolves once all processes are ready. They are named after their role: `cwmp-1`, `cwmp-2`, `engine-1`. */
  static async start(options: RolesOptions = {}): Promise<RunningRoles> {
    await using starting = new AsyncDisposableStack();
    const folder = starting.use(tempDir());
    const nats = starting.use(await NatsServer.start(options.nats?.configuration ?? OPEN));
    const postgres = starting.use(await PostgresServer.start({ max_connections: "200" }));
    const built = await build({ nats, postgres, folder, options, starting });
    for (const process of built.processes) {
      starting.defer(() => process.kill());
      process.start();
    }
    for (const process of built.processes) await process.ready();
    return new RunningRoles(built, starting.move());
  }

  /** All processes that have the role, in the order of their names. */
  of(role: Role): readonly RoleProcess[] {
    return this.processes.filter(({ roles }) => roles.includes(role));
  }

  /** By its name. Throws where there is none. */
  process(name: string): RoleProcess {
    const found = this.processes.find((process) => process.name === name);
    if (found === undefined) throw new Error(`there is no process ${name}`);
    return found;
  }

  /** What a manager asks of the first `api` process, or of another one, counted from zero. */
  client(number = 0): Client {
    const url = this.#northboundUrls[number];
    if (url === undefined) throw new Error(`there is no api process ${number}`);
    return createClient({ url, token: ADMIN_TOKEN });
  }

  northboundUrl(number = 0): string {
    return this.#northboundUrls[number] ?? "";
  }

  get token(): string {
    return ADMIN_TOKEN;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}

interface Built {
  readonly nats: NatsServer;
  readonly postgres: PostgresServer;
  readonly processes: readonly RoleProcess[];
  readonly acsUrl: string;
  readonly lightUrl: string;
  readonly northboundUrls: readonly string[];
}

interface Building {
  readonly nats: NatsServer;
  readonly postgres: PostgresServer;
  readonly folder: TempDir;
  readonly options: RolesOptions;
  /** What is given back at the end. */
  readonly starting: AsyncDisposableStack;
}

interface Planned {
  readonly name: string;
  readonly role: Role;
  /** Where devices or managers come. */
  readonly port: number;
  readonly healthPort: number;
}

async function build({ nats, postgres, folder, options, starting }: Building): Promise<Built> {
  const port = async (): Promise<number> => starting.use(await reservePort()).port;
  const planned: Planned[] = [];
  for (const role of ROLES) {
    for (let number = 1; number <= (options.counts?.[role] ?? 1); number += 1) {
      planned.push({ name: `${role}-${number}`, role, port: await port(), healthPort: await port() });
    }
  }
  const portOf = (role: Role): number => planned.find((one) => one.role === role)?.port ?? 0;
  const acsUrl = `http://127.0.0.1:${portOf("cwmp")}/`;
  const lightUrl = `ws://127.0.0.1:${portOf("light")}/light`;
  const shared = {
    ...{ "nats-url": nats.url, "database-url": postgres.url, "secret-key": SECRET_KEY },
    ...{ "admin-token": ADMIN_TOKEN, "public-url": acsUrl, "light-url": lightUrl },
    ...options.flags,
  };
  const processes = planned.map(({ name, role, port: listening, healthPort }) => {
    const at = `127.0.0.1:${listening}`;
    const isManaged = role === "api";
    const isCalled = role === "cwmp" || role === "light";
    return new RoleProcess({
      ...{ name, roles: [role] },
      flags: {
        ...{ ...shared, data: folder.file(name), health: `127.0.0.1:${healthPort}` },
        ...(options.nats === undefined ? {} : { "nats-url": options.nats.urlOf(role, nats) }),
        ...options.own?.(name),
        ...(isManaged ? { northbound: at } : {}),
        ...(isCalled ? { southbound: at } : {}),
      },
      healthUrl: `http://127.0.0.1:${isManaged ? listening : healthPort}`,
      ...(isCalled ? { southboundPort: listening } : {}),
      ...(options.under === undefined ? {} : { under: options.under(name) }),
    });
  });
  const northboundUrls = planned
    .filter(({ role }) => role === "api")
    .map((one) => `http://127.0.0.1:${one.port}`);
  return { nats, postgres, processes, acsUrl, lightUrl, northboundUrls };
}
