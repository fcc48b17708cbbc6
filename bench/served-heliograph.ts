import { createClient, type Client } from "@heliograph/api/client";
import { readClientFile } from "@heliograph/server";
import { freePort, tempDir } from "@heliograph/testkit";
import { serveProcess, type ServedProcess } from "./served-process.ts";

/** What `npm start` runs, on a data folder of its own. */
export interface ServedHeliograph extends AsyncDisposable {
  readonly process: ServedProcess;
  readonly acsUrl: string;
  readonly client: Client;
}

/** `nodeArgs` are Node's own, as before the name of a script. */
export async function serveHeliograph(nodeArgs: readonly string[] = []): Promise<ServedHeliograph> {
  await using starting = new AsyncDisposableStack();
  const directory = starting.use(tempDir());
  const [southbound, northbound] = [await freePort(), await freePort()];
  const listeners = ["--southbound", `127.0.0.1:${southbound}`, "--northbound", `127.0.0.1:${northbound}`];
  const args = [
    ...nodeArgs,
    "packages/cli/bin/heliograph.js",
    "serve",
    "--data",
    directory.path,
    ...listeners,
  ];
  const process = starting.use(await serveProcess(args, (line) => line.startsWith("Try next")));
  const access = readClientFile(directory.file("client.json"));
  if (access === undefined) throw new Error("the server wrote no client.json");
  const running = starting.move();
  return {
    process,
    acsUrl: `http://127.0.0.1:${southbound}/`,
    client: createClient(access),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
