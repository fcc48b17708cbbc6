import { asError } from "../src/ports/index.ts";
import { within } from "./deadline.ts";
import type { Listening, ServerFlags } from "./host-messages.ts";
import type { Arming } from "./kill-switch.ts";
import { reservePort, type ReservedPort } from "./reserved-port.ts";
import { HostEndedError, type Ending, type ServerHost } from "./server-host.ts";
import type { ServerHosts } from "./server-hosts.ts";

/** One run of the server, once it listens. */
export interface Life extends Listening {
  /** From 1; each restart raises it. */
  readonly number: number;
}

export interface Supervised {
  readonly hosts: ServerHosts;
  /** The data folder of all lives. */
  readonly data: string;
  readonly openEnrolment: "none" | "loopback";
  /** Further settings. */
  readonly flags?: ServerFlags;
  /** What the first life writes down, and where it dies. */
  readonly arming?: Arming;
}

/** Runs a server and starts it again at once whenever it was killed, on the same data and the same ports. */
export class Supervisor implements AsyncDisposable {
  readonly #supervised: Supervised;
  readonly #flags: ServerFlags;
  readonly #ports: readonly ReservedPort[];
  #starting: Promise<ServerHost> | undefined;
  #host: ServerHost | undefined;
  #lives = 0;
  #kills = 0;
  #current: Life | undefined;
  #changed = Promise.withResolvers<undefined>();
  #failure: Error | undefined;
  #isOver = false;
  #complaints = "";

  private constructor(
    supervised: Supervised,
    [southbound, northbound]: readonly [ReservedPort, ReservedPort],
  ) {
    this.#supervised = supervised;
    this.#ports = [southbound, northbound];
    this.#flags = {
      ...supervised.flags,
      data: supervised.data,
      "open-enrolment": supervised.openEnrolment,
      southbound: `127.0.0.1:${southbound.port}`,
      northbound: `127.0.0.1:${northbound.port}`,
    };
  }

  static async start(supervised: Supervised): Promise<Supervisor> {
    const supervisor = new Supervisor(supervised, [await reservePort(), await reservePort()]);
    void supervisor.#live(supervised.arming);
    return supervisor;
  }

  /** Of the process that runs the server now; undefined while there is none. */
  get pid(): number | undefined {
    return this.#host?.pid;
  }

  /** Where devices reach it, whatever URL they are told. */
  get southboundPort(): number {
    return Number(new URL(`http://${this.#flags["southbound"] ?? ""}`).port);
  }

  /** How many lives were killed. */
  get kills(): number {
    return this.#kills;
  }

  /** What all lives complained of on standard error. */
  get complaints(): string {
    return this.#complaints + (this.#host?.complaints ?? "");
  }

  /**
   * The life that listens now, if its number is not below `least`, else the next one that does. Rejects where the server
   * ended by itself, and where none comes in time.
   */
  async up(least = 1): Promise<Life> {
    return within(this.#up(least), () => {
      return `life ${least} of the server to listen (there were ${this.#lives}); it said:\n${this.complaints}`;
    });
  }

  /** Kills the process as it runs, also where it does not listen yet. Resolves once it has ended; another life begins. */
  async kill(): Promise<void> {
    const host = await this.#starting;
    host?.kill();
    await host?.ended;
  }

  /** Has the server stop by itself; where it is killed while it does, the next life is stopped. */
  async stop(): Promise<void> {
    for (let least = 1; !this.#isOver;) {
      const { number } = await this.up(least);
      const host = this.#host;
      if (host !== undefined && (await hasStopped(host))) this.#release(host);
      else least = number + 1;
    }
  }

  /** Has the server stop by itself, and another life begin. */
  async restart(): Promise<void> {
    await this.stop();
    this.#isOver = false;
    void this.#live();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    // Whoever still awaits a life awaits it in vain.
    this.#fail(new Error("the server is not started again"));
    this.#host?.kill();
    await this.#host?.ended;
    for (const port of this.#ports) await port[Symbol.asyncDispose]();
  }

  async #up(least: number): Promise<Life> {
    while (this.#failure === undefined) {
      if (this.#current !== undefined && this.#current.number >= least) return this.#current;
      await this.#changed.promise;
    }
    throw this.#failure;
  }

  async #live(arming: Arming = {}): Promise<void> {
    this.#lives += 1;
    const number = this.#lives;
    try {
      this.#starting = this.#supervised.hosts.take();
      const host = await this.#starting;
      this.#host = host;
      void host.ended.then((ending) => this.#hasEnded(host, ending));
      const listening = await unlessEnded(host.start({ flags: this.#flags, arming }));
      if (listening === undefined || host.isEnded) return;
      this.#current = { ...listening, number };
      this.#tell();
    } catch (error) {
      this.#fail(asError(error));
    }
  }

  #hasEnded(host: ServerHost, ending: Ending): void {
    if (this.#host !== host) return;
    this.#complaints = this.complaints;
    this.#host = undefined;
    this.#current = undefined;
    if (this.#isOver) return;
    if (ending === "SIGKILL") {
      this.#kills += 1;
      void this.#live();
    } else this.#fail(new Error(`the server ended by itself (${ending}); it said:\n${this.complaints}`));
  }

  #release(host: ServerHost): void {
    this.#isOver = true;
    this.#host = undefined;
    this.#current = undefined;
    this.#supervised.hosts.giveBack(host);
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#tell();
  }

  #tell(): void {
    this.#changed.resolve(undefined);
    this.#changed = Promise.withResolvers();
  }
}

/** False where it was killed first. */
async function hasStopped(host: ServerHost): Promise<boolean> {
  const stopped = within(host.stop(), () => `the server to stop; it said:\n${host.complaints}`);
  return (await unlessEnded(stopped.then(() => true))) ?? false;
}

/** Undefined where the host was killed first. */
async function unlessEnded<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof HostEndedError) return undefined;
    throw error;
  }
}
