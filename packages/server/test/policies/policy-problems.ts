import { MAX_POLICIES } from "../../src/ports/index.ts";
import type { Answered, RunningNorthbound } from "../running-northbound.ts";

interface Scenario {
  readonly provoke: (running: RunningNorthbound) => Promise<Answered>;
}

const DIAL = { group: "gold", values: { "Device.X.": { Mode: "a" } } };

/** How requests that concern policies come to be refused. */
export const policyProblems = {
  "unknown-policy": { provoke: ({ ask }) => ask("GET", "/api/v1/policies/nothing") },
  "not-configured": {
    provoke: async (running) =>
      running.ask("GET", `/api/v1/devices/${await running.enrol("1")}/configuration`),
  },
  "unknown-policy-version": {
    provoke: async ({ ask, client }) => {
      await client.groups.set("gold", { expression: "has key" });
      await client.policies.set("dial", DIAL);
      return ask("POST", "/api/v1/policies/dial/rollback", { body: { version: 9 } });
    },
  },
  "policy-name-taken": {
    provoke: async ({ ask, client }) => {
      await client.groups.set("gold", { expression: "has key" });
      return ask("PUT", "/api/v1/policies/gold", { body: DIAL });
    },
  },
  "too-many-policies": {
    provoke: async ({ ask, client }) => {
      await client.groups.set("gold", { expression: "has key" });
      for (let index = 0; index < MAX_POLICIES; index += 1) await client.policies.set(`p${index}`, DIAL);
      return ask("PUT", "/api/v1/policies/more", { body: DIAL });
    },
  },
  "not-rolling-out": {
    provoke: async ({ ask, client }) => {
      await client.groups.set("gold", { expression: "has key" });
      await client.policies.set("dial", DIAL);
      return ask("POST", "/api/v1/policies/dial/pause");
    },
  },
  "held-by-policy": {
    provoke: async ({ ask, client }) => {
      await client.groups.set("gold", { expression: "has key" });
      await client.policies.set("dial", DIAL);
      await client.policies.publish("dial");
      return ask("DELETE", "/api/v1/channels/public%2Fdial");
    },
  },
  "invalid-policy": {
    provoke: ({ ask }) => ask("PUT", "/api/v1/policies/dial", { body: { group: "gold" } }),
  },
} as const satisfies Readonly<Record<string, Scenario>>;
