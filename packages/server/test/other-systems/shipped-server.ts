import { readFileSync } from "node:fs";
import { createClient, type Client } from "@heliograph/api/client";
import { freePort, tempDir, type TempDir } from "@heliograph/testkit";
import { Program, type Environment } from "./program.ts";

/** The ACS by its shipped command, with a router of the examples that stays connected. */
export class ShippedServer implements AsyncDisposable {
  readonly folder: TempDir;
  readonly client: Client;
  readonly device: Program;
  /** Where a program of another system finds its API. */
  readonly url: string;
  /** The router's. */
  readonly key = "F0F0F0-Router-0001";
  readonly #resources: AsyncDisposableStack;

  private constructor({ folder, client, device, url }: Running, resources: AsyncDisposableStack) {
    this.folder = folder;
    this.client = client;
    this.device = device;
    this.url = url;
    this.#resources = resources;
  }

  static async start(settings: Environment = {}): Promise<ShippedServer> {
    await using resources = new AsyncDisposableStack();
    const folder = resources.use(tempDir());
    const [southbound, northbound] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    const acs = resources.use(
      Program.run(["packages/cli/bin/heliograph.js", "serve"], {
        ...{ HELIOGRAPH_SOUTHBOUND: southbound, HELIOGRAPH_NORTHBOUND: northbound },
        ...{ HELIOGRAPH_DATA: folder.file("data"), ...settings },
      }),
    );
    await acs.line(/Try next/);
    const device = resources.use(Program.run(["examples/light-device.ts", `http://${southbound}/`]));
    await device.line(/is attached/);
    const url = `http://${northbound}`;
    const client = createClient({ url, token: tokenIn(folder) });
    return new ShippedServer({ folder, client, device, url }, resources.move());
  }

  /** What a program needs that comes by REST, with a token of this role. */
  async access(name: string, role: string): Promise<Environment> {
    const { token } = await this.client.tokens.create({ name, role });
    return { HELIOGRAPH_URL: this.url, HELIOGRAPH_TOKEN: token };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}

interface Running {
  readonly folder: TempDir;
  readonly client: Client;
  readonly device: Program;
  readonly url: string;
}

function tokenIn(folder: TempDir): string {
  const read: unknown = JSON.parse(readFileSync(`${folder.file("data")}/client.json`, "utf8"));
  if (typeof read === "object" && read !== null && "token" in read) return String(read.token);
  throw new Error("client.json has no token");
}
