import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createClient, type Client } from "@heliograph/api/client";
import { seededRandom, tempDir, type SeededRandom } from "@heliograph/testkit";
import { within } from "./deadline.ts";
import { ServerHosts } from "./server-hosts.ts";
import { Supervisor } from "./supervisor.ts";
import { TransferringDevice } from "./transferring-device.ts";

const KILLS = 5;
const DEVICES = 3;
const LOOK_MS = 20;
const LONGEST_LIFE_MS = 1_500;

test(`a receiver that fails at random hears of every event in order, over ${KILLS} kills of the ACS`, async (t) => {
  const random = seededRandom((line) => {
    t.diagnostic(line);
  });
  using folder = tempDir();
  await using hosts = new ServerHosts();
  await using receiver = await Receiver.open(random);
  await using supervisor = await Supervisor.start({
    ...{ hosts, data: folder.file("data"), openEnrolment: "loopback" },
    flags: { "webhook-networks": "127.0.0.0/8" },
  });
  const { acsUrl, northboundUrl, token } = await supervisor.up();
  const client = createClient({ url: northboundUrl, token });
  await using devices = new AsyncDisposableStack();
  const all: TransferringDevice[] = [];
  for (let serial = 1; serial <= DEVICES; serial += 1) {
    const deviceId = { SerialNumber: `HOOK${serial}` };
    all.push(devices.use(await TransferringDevice.enrol(client, { acsUrl, deviceId })));
  }
  const webhook = await client.webhooks.add({ url: receiver.url });
  receiver.secret = webhook.secret;
  while (supervisor.kills < KILLS) {
    const { number } = await supervisor.up();
    for (const { key } of all) await client.groups.addTag(key, `t${supervisor.kills}`);
    // When the next one dies is what chance decides; nothing is waited for.
    await delay(random.integer(0, LONGEST_LIFE_MS));
    await supervisor.kill();
    await supervisor.up(number + 1);
  }
  receiver.isGood = true;
  const expected = await eventIds(client, all, webhook.position);
  assert.ok(expected.length >= KILLS * DEVICES);
  await within(
    receiver.has(expected.at(-1) ?? 0),
    () => `event ${expected.at(-1)}; last ${receiver.ids.at(-1)}`,
  );
  assert.deepEqual(
    [...new Set(receiver.ids)].filter((id) => expected.includes(id)),
    expected,
  );
  assert.deepEqual(receiver.forged, 0);
  await supervisor.stop();
});

/** What the store has, behind where the webhook began. */
async function eventIds(
  client: Client,
  devices: readonly TransferringDevice[],
  after: number,
): Promise<readonly number[]> {
  const pages = await Promise.all(devices.map(({ key }) => client.devices.events(key, { limit: 1_000 })));
  const ids = pages.flatMap(({ items }) => items.map(({ id }) => id)).filter((id) => id > after);
  return ids.toSorted((one, other) => one - other);
}

/** Takes letters, or answers with an error, or does not answer, as chance decides; keeps the ids of the events it took. */
class Receiver implements AsyncDisposable {
  readonly url: string;
  readonly ids: number[] = [];
  secret = "";
  isGood = false;
  forged = 0;
  readonly #server;

  private constructor(server: ReturnType<typeof createServer>, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async open(random: SeededRandom): Promise<Receiver> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const receiver = new Receiver(server, `http://127.0.0.1:${address.port}/`);
    server.on("request", (request, response) => {
      const chance = receiver.isGood ? 0 : random.integer(0, 5);
      void text(request).then(
        (body) => {
          if (chance === 1) request.socket.destroy();
          if (chance === 2) response.writeHead(500).end();
          if (chance === 1 || chance === 2) return;
          receiver.#take(body, String(request.headers["heliograph-signature"]));
          // Taken, and the ACS does not hear of it.
          if (chance === 3) request.socket.destroy();
          else response.writeHead(204).end();
        },
        () => undefined,
      );
    });
    return receiver;
  }

  /** Resolves once the event was taken. */
  async has(id: number): Promise<void> {
    // What comes from another process is looked for now and then.
    while (!this.ids.includes(id)) await delay(LOOK_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #take(body: string, signature: string): void {
    const [, seconds = "", hmac = ""] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? [];
    const own = createHmac("sha256", this.secret).update(`${seconds}.${body}`).digest("hex");
    if (this.secret !== "" && own !== hmac) this.forged += 1;
    this.ids.push(...[...body.matchAll(/"id":(\d+),"at":/g)].map(([, id]) => Number(id)));
  }
}
