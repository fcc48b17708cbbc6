import { createClient, type Client } from "@heliograph/api/client";
import { readClientFile } from "@heliograph/server";
import { freePort, tempDir } from "@heliograph/testkit";
import { serveBare, serveProcess, type ServedProcess } from "./served-process.ts";

/** A server that is stopped and started again, always at the same place. */
export class RestartedServer implements AsyncDisposable {
  readonly #serve: () => Promise<ServedProcess>;
  #process: ServedProcess;

  private constructor(serve: () => Promise<ServedProcess>, process: ServedProcess) {
    this.#serve = serve;
    this.#process = process;
  }

  static async start(serve: () => Promise<ServedProcess>): Promise<RestartedServer> {
    return new RestartedServer(serve, await serve());
  }

  /** The one that runs now. */
  get process(): ServedProcess {
    return this.#process;
  }

  /** Resolves once the next one listens. */
  async restart(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    // To be disposed of is to get SIGTERM; a second one would end it at once.
    if (signal === "SIGKILL") process.kill(this.#process.pid, signal);
    await this.#process[Symbol.asyncDispose]();
    this.#process = await this.#serve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

/** What `npm start` runs, on a data folder and ports that outlive it. */
export interface RestartedHeliograph extends AsyncDisposable {
  readonly server: RestartedServer;
  readonly acsUrl: string;
  readonly client: Client;
}

export async function restartedHeliograph(): Promise<RestartedHeliograph> {
  await using starting = new AsyncDisposableStack();
  const directory = starting.use(tempDir());
  const [southbound, northbound] = [await freePort(), await freePort()];
  const listeners = ["--southbound", `127.0.0.1:${southbound}`, "--northbound", `127.0.0.1:${northbound}`];
  const args = ["packages/cli/bin/heliograph.js", "serve", "--data", directory.path, ...listeners];
  const server = starting.use(
    await RestartedServer.start(() => serveProcess(args, (line) => line.startsWith("Try next"))),
  );
  const access = readClientFile(directory.file("client.json"));
  if (access === undefined) throw new Error("the server wrote no client.json");
  const running = starting.move();
  return {
    server,
    acsUrl: `http://127.0.0.1:${southbound}/`,
    client: createClient(access),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

export async function restartedBare(port: number): Promise<RestartedServer> {
  return RestartedServer.start(() => serveBare(port));
}
