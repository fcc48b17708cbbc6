import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, chownSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as passed } from "node:timers/promises";
import { freePort, tempDir, type TempDir } from "@heliograph/testkit";
import { Client } from "pg";
import type { CertificatePair } from "../src/southbound/listener.ts";
import { within } from "./deadline.ts";
import { HERE, type Machine } from "./machines/network.ts";

/** Where Debian keeps its versions, newest first, when none is on PATH. */
const DEBIAN = "/usr/lib/postgresql";

/** Undefined where a PostgreSQL server can be run; else why not. */
export function whyNoPostgres(): string | undefined {
  return programs() === undefined ? "needs PostgreSQL's initdb and postgres on PATH" : undefined;
}

/** What a test may set besides, such as `{ fsync: "on" }`. */
export type PostgresParameters = Readonly<Record<string, string>>;

/** A PostgreSQL server of its own, over loopback and in the foreground, whose data ends with it. */
export class PostgresServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: TempDir;
  readonly #parameters: PostgresParameters;
  readonly #machine: Machine;
  #process: ChildProcess;

  private constructor(port: number, folder: TempDir, { parameters, machine }: PostgresPlace) {
    this.port = port;
    this.#folder = folder;
    this.#parameters = parameters;
    this.#machine = machine;
    this.#process = this.#run();
  }

  static async start(parameters: PostgresParameters = {}, machine: Machine = HERE): Promise<PostgresServer> {
    return PostgresServer.#start(tempDir(), { parameters, machine });
  }

  /** One that takes TLS, and whoever comes without all the same. */
  static async startWithTls({ cert, key }: CertificatePair): Promise<PostgresServer> {
    const folder = tempDir();
    const files = { ssl_cert_file: folder.file("cert.pem"), ssl_key_file: folder.file("key.pem") };
    writeFileSync(files.ssl_cert_file, cert);
    writeFileSync(files.ssl_key_file, key, { mode: 0o600 });
    for (const file of Object.values(files)) giveAway(file);
    return PostgresServer.#start(folder, { parameters: { ssl: "on", ...files }, machine: HERE });
  }

  static async #start(folder: TempDir, place: PostgresPlace): Promise<PostgresServer> {
    giveAway(folder.path);
    const data = folder.file("data");
    const made = spawnSync(
      program("initdb"),
      ["-D", data, "-U", USER, "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
      { ...unprivileged(), cwd: folder.path },
    );
    if (made.status !== 0) throw new Error(`initdb failed: ${String(made.stderr)}`);
    // Whoever reaches it on a machine of its own is let in.
    if (place.machine !== HERE) appendFileSync(`${data}/pg_hba.conf`, "host all all all trust\n");
    await using starting = new AsyncDisposableStack();
    const server = starting.use(new PostgresServer(await freePort(), folder, place));
    await server.up();
    starting.move();
    return server;
  }

  get url(): string {
    return `postgres://${USER}@${this.#machine.address}:${this.port}/${DATABASE}`;
  }

  /** Of its first process. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  get address() {
    return { host: this.#machine.address, port: this.port, user: USER, database: DATABASE };
  }

  /** Makes a database, and gives where it is. */
  async database(name: string) {
    await this.query(`CREATE DATABASE ${name}`);
    return { ...this.address, database: name };
  }

  /** Runs SQL as the database's owner; gives its rows. */
  async query(sql: string, database = DATABASE): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const client = new Client({ ...this.address, database });
    // A server that is killed ends the connection of whoever asks; the question tells.
    client.on("error", () => undefined);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** Makes the folder one that it may write to. */
  giveFolder(path: string): void {
    giveAway(path);
  }

  /** Resolves once it takes connections. */
  async up(): Promise<void> {
    await within(this.#up(), () => `PostgreSQL to start; it said:\n${this.complaints}`);
  }

  /** What it wrote to its log. */
  get complaints(): string {
    const log = this.#folder.file("log");
    return existsSync(log) ? readFileSync(log, "utf8") : "";
  }

  /** Kills every process of it at once, as when the machine loses them; the data stays as it is. */
  async kill(): Promise<void> {
    const ended = once(this.#process, "exit");
    // Its children are asked for first: they have another parent as soon as it has gone.
    const children = childrenOf(this.#process.pid);
    for (const pid of [this.#process.pid, ...children]) killNow(pid);
    await ended;
    // The next server does not start while one of them holds the memory they shared.
    while (children.some(isRunning)) await passed(10);
  }

  /** Has it end, as an operator would who does not wait for its clients. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGINT");
    await ended;
  }

  async startAgain(): Promise<void> {
    this.#process = this.#run();
    await this.up();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#folder[Symbol.dispose]();
  }

  async #up(): Promise<void> {
    for (;;) {
      if (this.#process.exitCode !== null) throw new Error(`PostgreSQL ended: ${this.complaints}`);
      try {
        await this.query("SELECT 1");
        return;
      } catch {
        // It does not say when it is ready but in answers.
        await passed(50);
      }
    }
  }

  #run(): ChildProcess {
    const { address, under } = this.#machine;
    const own = { listen_addresses: address, port: String(this.port) };
    const set = Object.entries({ ...PARAMETERS, ...own, ...this.#parameters });
    const settings = set.flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const log = this.#folder.file("log");
    const user = unprivileged();
    // Who enters another machine is root, and becomes somebody else there.
    const entering = user === undefined || under.length === 0 ? [] : [...under, ...becoming(user)];
    const [command = "", ...args] = [
      ...entering,
      "/bin/sh",
      "-c",
      'exec "$0" "$@" >>"$LOG" 2>&1',
      program("postgres"),
      "-D",
      this.#folder.file("data"),
      ...settings,
    ];
    return spawn(command, args, {
      ...(entering.length === 0 ? user : {}),
      cwd: this.#folder.path,
      env: { ...process.env, LOG: log },
      stdio: "ignore",
    });
  }
}

interface PostgresPlace {
  readonly parameters: PostgresParameters;
  readonly machine: Machine;
}

function becoming({ uid, gid }: User): readonly string[] {
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
}

const USER = "heliograph";
const DATABASE = "postgres";
const PARAMETERS = {
  unix_socket_directories: "",
  shared_buffers: "64MB",
  max_wal_size: "256MB",
  jit: "off",
};

function program(name: string): string {
  const folder = programs();
  if (folder === undefined) throw new Error(`there is no ${name} here`);
  return join(folder, name);
}

/** The folder of the newest server there is. */
function programs(): string | undefined {
  const onPath = (process.env["PATH"] ?? "").split(":");
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  const newestFirst = versions.toSorted((one, other) => Number(other) - Number(one));
  const folders = [...onPath, ...newestFirst.map((version) => join(DEBIAN, version, "bin"))];
  return folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
}

/** To whom the server runs as. */
function giveAway(path: string): void {
  const user = unprivileged();
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL does not run as root: whom it runs as instead. */
function unprivileged(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [, , uid, gid] =
    /^(postgres|nobody):[^:]*:(\d+):(\d+):/m.exec(readFileSync("/etc/passwd", "utf8")) ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

function childrenOf(pid: number | undefined): readonly number[] {
  const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return [...listed.matchAll(/\d+/g)].map(([child]) => Number(child));
}

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

function killNow(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // One that ended meanwhile is as dead.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
