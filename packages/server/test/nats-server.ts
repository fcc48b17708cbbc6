import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as passed } from "node:timers/promises";
import { freePort, tempDir, type TempDir } from "@heliograph/testkit";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect as connectNats } from "@nats-io/transport-node";
import { STREAM } from "../src/bus/nats-events.ts";
import { within } from "./deadline.ts";
import { HERE, type Machine } from "./machines/network.ts";

/** Undefined where a NATS server can be run; else why not. */
export function whyNoNats(): string | undefined {
  const asked = spawnSync("nats-server", ["--version"]);
  return asked.status === 0 ? undefined : "needs nats-server on PATH";
}

/** An event as the stream has it. */
export interface KeptEvent {
  readonly id: string;
  readonly subject: string;
}

/** A NATS server of its own, over loopback and in the foreground, whose data ends with it. */
export class NatsServer implements AsyncDisposable {
  readonly port: number;
  readonly #machine: Machine;
  readonly #folder: TempDir;
  #process: ChildProcess;

  private constructor(port: number, machine: Machine, folder: TempDir) {
    this.port = port;
    this.#machine = machine;
    this.#folder = folder;
    this.#process = this.#run();
  }

  /** With these lines in its configuration besides where it listens; by default with JetStream. */
  static async start(
    configuration = "jetstream { store_dir: FOLDER }",
    machine: Machine = HERE,
  ): Promise<NatsServer> {
    const folder = tempDir();
    const port = await freePort();
    const lines = [
      `listen: "${machine.address}:${port}"`,
      configuration.replaceAll("FOLDER", folder.file("jetstream")),
    ];
    writeFileSync(folder.file("nats.conf"), lines.join("\n"));
    await using starting = new AsyncDisposableStack();
    const server = starting.use(new NatsServer(port, machine, folder));
    await server.up();
    starting.move();
    return server;
  }

  get url(): string {
    return `nats://${this.#machine.address}:${this.port}`;
  }

  /** Of its process. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Where it is, for whoever has a name and a password. */
  urlOf(user: string, password: string): string {
    return `nats://${user}:${password}@${this.#machine.address}:${this.port}`;
  }

  /** What the stream of events holds, in its order. */
  async events(): Promise<readonly KeptEvent[]> {
    const connection = await connectNats({ servers: this.url });
    try {
      const { streams } = await jetstreamManager(connection);
      const { state } = await streams.info(STREAM);
      const events: KeptEvent[] = [];
      for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
        const message = await streams.getMessage(STREAM, { seq });
        if (message !== null)
          events.push({ id: message.header.get("Nats-Msg-Id"), subject: message.subject });
      }
      return events;
    } finally {
      await connection.close();
    }
  }

  /** As somebody may whose server it is. */
  async deleteStream(): Promise<void> {
    const connection = await connectNats({ servers: this.url });
    try {
      const { streams } = await jetstreamManager(connection);
      await streams.delete(STREAM);
    } finally {
      await connection.close();
    }
  }

  /** What it wrote to its log. */
  get complaints(): string {
    const log = this.#folder.file("log");
    return existsSync(log) ? readFileSync(log, "utf8") : "";
  }

  /** Resolves once it takes connections. */
  async up(): Promise<void> {
    await within(this.#up(), () => `NATS to start; it said:\n${this.complaints}`);
  }

  /** Ends it at once, as when the machine loses it; what its streams hold stays. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Keeps it from doing anything, as a machine that swaps does. */
  pause(): void {
    this.#process.kill("SIGSTOP");
  }

  resume(): void {
    this.#process.kill("SIGCONT");
  }

  async startAgain(): Promise<void> {
    this.#process = this.#run();
    await this.up();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end("SIGTERM");
    this.#folder[Symbol.dispose]();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.resume();
    this.#process.kill(signal);
    await ended;
  }

  async #up(): Promise<void> {
    for (;;) {
      if (this.#process.exitCode !== null) throw new Error(`NATS ended: ${this.complaints}`);
      if (await this.#answers()) return;
      // It does not say when it is ready but in answers.
      await passed(20);
    }
  }

  /** It greets whoever connects once it is ready for clients. */
  async #answers(): Promise<boolean> {
    const socket = connect(this.port, this.#machine.address);
    try {
      await once(socket, "data");
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }

  #run(): ChildProcess {
    const args = ["--config", this.#folder.file("nats.conf"), "--log", this.#folder.file("log")];
    const [command = "", ...rest] = [...this.#machine.under, "nats-server", ...args];
    return spawn(command, rest, { cwd: this.#folder.path, stdio: "ignore" });
  }
}
