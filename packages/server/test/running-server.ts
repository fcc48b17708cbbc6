import type { DeviceEvent, Operation } from "@heliograph/api";
import { createClient, type Client, type FollowOptions } from "@heliograph/api/client";
import type { DeviceKey } from "@heliograph/protocol";
import type { TempDir } from "@heliograph/testkit";
import { within } from "./deadline.ts";
import type { ServerFlags } from "./host-messages.ts";
import { ServerHosts } from "./server-hosts.ts";
import { Supervisor, type Life, type Supervised } from "./supervisor.ts";

/** Events of what the ACS does, which come between those of the device as they may. */
const OURS: ReadonlySet<string> = new Set(["operation", "connection-request-sent"]);

/** The server in its own process, with what a manager asks of it. */
export class RunningServer implements AsyncDisposable {
  readonly life: Life;
  readonly client: Client;
  readonly supervisor: Supervisor;
  readonly #resources: AsyncDisposableStack;

  private constructor(
    life: Life,
    { supervisor, resources }: { readonly supervisor: Supervisor; readonly resources: AsyncDisposableStack },
  ) {
    this.life = life;
    this.supervisor = supervisor;
    this.client = createClient({ url: life.northboundUrl, token: life.token });
    this.#resources = resources;
  }

  static async start(
    folder: TempDir,
    openEnrolment: "none" | "loopback",
    flags: ServerFlags = {},
  ): Promise<RunningServer> {
    return RunningServer.#start(new ServerHosts(), { data: folder.file("data"), openEnrolment, flags });
  }

  /** Under a command that starts other commands, such as one that sets their clock, with its arguments. */
  static async startUnder(under: readonly string[], folder: TempDir): Promise<RunningServer> {
    return RunningServer.#start(new ServerHosts(under), {
      data: folder.file("data"),
      openEnrolment: "loopback",
    });
  }

  static async #start(started: ServerHosts, supervised: Omit<Supervised, "hosts">): Promise<RunningServer> {
    // Where the server does not come up, its hosts end: a process that is left keeps that of the test from ending.
    await using starting = new AsyncDisposableStack();
    const hosts = starting.use(started);
    const supervisor = starting.use(await Supervisor.start({ hosts, ...supervised }));
    const life = await supervisor.up();
    return new RunningServer(life, { supervisor, resources: starting.move() });
  }

  /** Resolves with the device's first event of that name after `after`. */
  async event(device: DeviceKey, name: string, after = 0): Promise<DeviceEvent> {
    const stop = new AbortController();
    const found = this.#first({ device, names: [name], after, signal: stop.signal });
    try {
      return await within(found, `the event ${name} of ${device}`);
    } finally {
      stop.abort();
    }
  }

  async #ended(id: string, signal: AbortSignal): Promise<void> {
    for await (const event of this.client.events({ names: ["operation"], after: 0, signal })) {
      const { ended } = event.operation === id ? await this.client.operations.get(id) : {};
      if (ended !== undefined) return;
    }
  }

  async #first(follow: FollowOptions): Promise<DeviceEvent> {
    for await (const event of this.client.events(follow)) return event;
    throw new Error("the event stream ended");
  }

  /** Resolves once the operation has ended. */
  async ended(id: string): Promise<void> {
    const stop = new AbortController();
    const watching = this.#ended(id, stop.signal);
    try {
      await within(watching, `the end of the operation ${id}`);
    } finally {
      stop.abort();
    }
  }

  async states(operations: readonly Operation[]): Promise<readonly string[]> {
    return Promise.all(operations.map(async ({ id }) => (await this.client.operations.get(id)).state));
  }

  /** What each operation came to: its result, or its fault. */
  async results(operations: readonly Operation[]): Promise<readonly unknown[]> {
    const known = await Promise.all(operations.map(({ id }) => this.client.operations.get(id)));
    return known.map(({ result, fault }) => result ?? fault);
  }

  /** What came of the device itself, in order. */
  async eventNames(key: DeviceKey): Promise<readonly string[]> {
    const { items } = await this.client.devices.events(key, { limit: 1_000 });
    return items.map(({ name }) => name).filter((name) => !OURS.has(name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}
