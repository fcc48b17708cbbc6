import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ApiError, createClient, NoAnswerError, type Client } from "@heliograph/api/client";
import type { Arming } from "../kill-switch.ts";
import type { ServerHosts } from "../server-hosts.ts";
import { Supervisor } from "../supervisor.ts";
import { ChannelDevice } from "./channel-device.ts";

/** What came of a run in which one manager published, and two devices applied. */
export interface PublicationRun {
  readonly kills: number;
  /** What the manager was told is published, in order. */
  readonly published: readonly string[];
  /** What each device applied after the channel's first state, in order. */
  readonly applied: readonly (readonly unknown[])[];
}

export interface PublicationMeans {
  readonly hosts: ServerHosts;
  /** A folder of its own, which is made. */
  readonly folder: string;
  readonly arming?: Arming;
}

const CHANNEL = "public/fleet";
const TEXTS = ["a", "b", "c"] as const;

/** A manager publishes, each thing until it is told that it did; one device stays, another is away for what is in the middle. */
export async function runPublications({
  hosts,
  folder,
  arming = {},
}: PublicationMeans): Promise<PublicationRun> {
  mkdirSync(folder);
  await using supervisor = await Supervisor.start({
    hosts,
    data: join(folder, "data"),
    openEnrolment: "loopback",
    arming,
  });
  const { acsUrl } = await supervisor.up();
  await using staying = new ChannelDevice({ acsUrl, serial: "1" });
  await using leaving = new ChannelDevice({ acsUrl, serial: "2" });
  const manager = new Manager(supervisor);
  for (const device of [staying, leaving]) await device.start();
  await manager.insist((client) => client.channels.set(CHANNEL));
  await manager.insist((client) => client.channels.setMembers(CHANNEL, { join: [staying.key, leaving.key] }));
  for (const device of [staying, leaving]) await device.hasApplied(1);
  const published: string[] = [];
  for (const [index, text] of TEXTS.entries()) {
    if (index === 1) await leaving.stop();
    const publication = await manager.insist((client) =>
      client.channels.publish(CHANNEL, { Text: text }, { idempotencyKey: text }),
    );
    published.push(`${publication.offset} ${text}`);
  }
  await leaving.start();
  for (const device of [staying, leaving]) await device.hasApplied(1 + TEXTS.length);
  for (const device of [staying, leaving]) await device.stop();
  await supervisor.stop();
  return {
    kills: supervisor.kills,
    published,
    applied: [staying, leaving].map(({ texts }) => texts.slice(1)),
  };
}

/** Asks again until it is answered, over as many lives of the server as that takes. */
class Manager {
  readonly #supervisor: Supervisor;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  async insist<T>(ask: (client: Client) => Promise<T>): Promise<T> {
    for (let least = 1; ;) {
      const life = await this.#supervisor.up(least);
      try {
        return await ask(createClient({ url: life.northboundUrl, token: life.token }));
      } catch (error) {
        if (!isPassing(error)) throw error;
        least = error instanceof NoAnswerError ? life.number + 1 : life.number;
      }
    }
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof NoAnswerError || (error instanceof ApiError && error.status >= 500);
}
