import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as passed } from "node:timers/promises";
import { freePort, tempDir, type TempDir } from "@heliograph/testkit";
import { within } from "../deadline.ts";

/** Undefined where Mosquitto can be run; else why not. */
export function whyNoMosquitto(): string | undefined {
  return spawnSync("mosquitto", ["-h"]).error === undefined ? undefined : "needs mosquitto on PATH";
}

/** Who may come, with their passwords, and the topics that they may write and read. */
export interface MosquittoUser {
  readonly name: string;
  readonly password: string;
  readonly topics: readonly string[];
}

/** A broker of MQTT of its own, over loopback, that lets nobody in but its users, and those only to their topics. */
export class Mosquitto implements AsyncDisposable {
  readonly port: number;
  readonly #folder: TempDir;
  readonly #process: ChildProcess;

  private constructor(port: number, folder: TempDir) {
    this.port = port;
    this.#folder = folder;
    this.#process = spawn("mosquitto", ["-c", folder.file("mosquitto.conf")], { stdio: "ignore" });
  }

  static async start(users: readonly MosquittoUser[]): Promise<Mosquitto> {
    const folder = tempDir();
    const port = await freePort();
    const passwords = folder.file("passwords");
    writeFileSync(passwords, users.map(({ name, password }) => `${name}:${password}\n`).join(""));
    const hashed = spawnSync("mosquitto_passwd", ["-U", passwords]);
    if (hashed.status !== 0) throw new Error(`mosquitto_passwd: ${hashed.stderr.toString()}`);
    const rules = users.map(({ name, topics }) =>
      [`user ${name}`, ...topics.map((topic) => `topic ${topic}`)].join("\n"),
    );
    writeFileSync(folder.file("acl"), `${rules.join("\n\n")}\n`);
    const lines = [`listener ${port} 127.0.0.1`, "allow_anonymous false", "user root"];
    const files = [`password_file ${passwords}`, `acl_file ${folder.file("acl")}`];
    writeFileSync(folder.file("mosquitto.conf"), `${[...lines, ...files].join("\n")}\n`);
    await using starting = new AsyncDisposableStack();
    const broker = starting.use(new Mosquitto(port, folder));
    await within(broker.#up(), "Mosquitto to start");
    starting.move();
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) {
      const ended = once(this.#process, "exit");
      this.#process.kill();
      await ended;
    }
    this.#folder[Symbol.dispose]();
  }

  async #up(): Promise<void> {
    while (!(await this.#listens())) {
      if (this.#process.exitCode !== null) throw new Error("Mosquitto ended");
      // It does not say when it is ready but by taking connections.
      await passed(20);
    }
  }

  async #listens(): Promise<boolean> {
    const socket = connect(this.port, "127.0.0.1");
    try {
      await once(socket, "connect");
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
}
