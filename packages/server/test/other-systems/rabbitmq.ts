import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as passed } from "node:timers/promises";
import { freePort, tempDir, type TempDir } from "@heliograph/testkit";
import { connect } from "amqplib";
import { within } from "../deadline.ts";

/** Where Debian keeps the program itself; what is on PATH runs as the system's one and only. */
const PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server";
/** Whose the folder of that one is: nobody else's rights are needed. */
const HOME = "/var/lib/rabbitmq";
/** It takes ten seconds on an idle machine. */
const START_MS = 90_000;

/** Undefined where RabbitMQ can be run; else why not. */
export function whyNoRabbit(): string | undefined {
  return existsSync(PROGRAM) ? undefined : `needs rabbitmq-server at ${PROGRAM}`;
}

/** A RabbitMQ of its own, over loopback, with a name, ports and data that no other has. */
export class RabbitMq implements AsyncDisposable {
  readonly url: string;
  readonly #folder: TempDir;
  readonly #names: ChildProcess;
  readonly #process: ChildProcess;
  #said = "";

  private constructor(folder: TempDir, { amqp, names, peers }: Ports) {
    this.url = `amqp://guest:guest@127.0.0.1:${amqp}`;
    this.#folder = folder;
    const as = unprivileged();
    // Its name server would outlive it as a daemon, so it is given one.
    this.#names = spawn("epmd", ["-port", String(names), "-address", "127.0.0.1"], {
      ...as,
      stdio: "ignore",
    });
    this.#process = spawn(PROGRAM, [], {
      ...as,
      cwd: folder.path,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...{ PATH: process.env["PATH"], HOME: folder.path, ERL_EPMD_PORT: String(names) },
        ...{ RABBITMQ_NODENAME: `heliograph${amqp}@localhost`, RABBITMQ_NODE_PORT: String(amqp) },
        ...{ RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1", RABBITMQ_DIST_PORT: String(peers) },
        ...{ RABBITMQ_MNESIA_BASE: folder.file("data"), RABBITMQ_LOG_BASE: folder.file("log") },
        RABBITMQ_ENABLED_PLUGINS_FILE: folder.file("plugins"),
        RABBITMQ_CONFIG_FILE: folder.file("none"),
      },
    });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => (this.#said += text));
  }

  static async start(): Promise<RabbitMq> {
    const folder = tempDir();
    const { uid, gid } = unprivileged();
    writeFileSync(folder.file("plugins"), "[].\n");
    for (const name of ["data", "log"]) mkdirSync(folder.file(name));
    for (const path of [folder.path, ...["data", "log", "plugins"].map((name) => folder.file(name))])
      if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
    await using starting = new AsyncDisposableStack();
    const broker = starting.use(
      new RabbitMq(folder, {
        ...{ amqp: await freePort(), names: await freePort(), peers: await freePort() },
      }),
    );
    await within(broker.#up(), () => `RabbitMQ to start; it said:\n${broker.#said}`, START_MS);
    starting.move();
    return broker;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [this.#process, this.#names]) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, "exit");
      child.kill();
      await ended;
    }
    this.#folder[Symbol.dispose]();
  }

  async #up(): Promise<void> {
    while (!(await this.#answers())) {
      if (this.#process.exitCode !== null) throw new Error(`RabbitMQ ended: ${this.#said}`);
      // It does not say when it is ready but by taking connections.
      await passed(200);
    }
  }

  async #answers(): Promise<boolean> {
    try {
      await (await connect(this.url)).close();
      return true;
    } catch {
      return false;
    }
  }
}

interface Ports {
  readonly amqp: number;
  readonly names: number;
  readonly peers: number;
}

/** Where we are root, it is not. */
function unprivileged(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const { uid, gid } = statSync(HOME);
  return { uid, gid };
}
