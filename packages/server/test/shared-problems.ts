import { MAX_GROUPS, MAX_PUBLIC_CHANNELS, MAX_TAGS } from "../src/ports/index.ts";
import type { Answered, RunningNorthbound, RunningOptions } from "./running-northbound.ts";

interface Scenario extends RunningOptions {
  readonly provoke: (running: RunningNorthbound) => Promise<Answered>;
}

/** As many as a manager may ask without waiting for its turn. */
const A_SECOND = 250;

/** Asks one after the other, and lets time pass for a manager who asks that much. */
async function often(
  clock: RunningNorthbound["clock"],
  count: number,
  ask: (index: number) => Promise<unknown>,
): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    if (index % A_SECOND === A_SECOND - 1) await clock.advance(1_000);
    await ask(index);
  }
}

/** How requests that concern what devices and managers share come to be refused: channels, groups, traces, leases. */
export const sharedProblems = {
  "unknown-channel": { provoke: ({ ask }) => ask("GET", "/api/v1/channels/public%2Fnobody") },
  "not-a-publisher": {
    provoke: async ({ ask, client }) => {
      await client.channels.set("public/theirs", { publishers: ["members"] });
      return ask("POST", "/api/v1/channels/public%2Ftheirs/publications", { body: { data: {} } });
    },
  },
  "too-many-channels": {
    provoke: async ({ ask, client, clock }) => {
      await often(clock, MAX_PUBLIC_CHANNELS, (index) => client.channels.set(`public/c${index}`));
      return ask("PUT", "/api/v1/channels/public%2Fmore", { body: {} });
    },
  },
  "invalid-expression": { provoke: ({ ask }) => ask("GET", "/api/v1/devices?where=tag") },
  "unknown-group": { provoke: ({ ask }) => ask("GET", "/api/v1/groups/nobody") },
  "too-many-groups": {
    provoke: async ({ ask, client, clock }) => {
      await often(clock, MAX_GROUPS, (index) => client.groups.set(`g${index}`, { expression: "has key" }));
      return ask("PUT", "/api/v1/groups/more", { body: { expression: "has key" } });
    },
  },
  "too-many-tags": {
    provoke: async (running) => {
      const key = await running.enrol("1");
      for (let index = 0; index < MAX_TAGS; index += 1) await running.client.groups.addTag(key, `t${index}`);
      return running.ask("PUT", `/api/v1/devices/${key}/tags/more`);
    },
  },
  "not-traced": {
    async provoke(running) {
      const key = await running.enrol("1");
      return running.ask("GET", `/api/v1/devices/${key}/trace`);
    },
  },
  "untraceable-here": {
    adapt: () => ({ seesNoDevices: true }),
    async provoke(running) {
      const key = await running.enrol("1");
      return running.ask("PUT", `/api/v1/devices/${key}/trace`, { body: {} });
    },
  },
  "too-many-traces": {
    traces: { maxTraces: 1 },
    async provoke(running) {
      await running.client.traces.switchOn(await running.enrol("1"));
      const key = await running.enrol("2");
      return running.ask("PUT", `/api/v1/devices/${key}/trace`, { body: {} });
    },
  },
  leased: {
    async provoke(running) {
      const key = await running.enrol("1");
      const { token } = await running.client.tokens.create({ name: "desk", role: "operator" });
      const headers = { authorization: `Bearer ${token}` };
      await running.ask("PUT", `/api/v1/devices/${key}/lease`, { body: {}, headers });
      return running.ask("PUT", `/api/v1/devices/${key}/lease`, { body: {} });
    },
  },
  "not-leased": {
    async provoke(running) {
      const key = await running.enrol("1");
      return running.ask("GET", `/api/v1/devices/${key}/lease`);
    },
  },
} as const satisfies Readonly<Record<string, Scenario>>;
