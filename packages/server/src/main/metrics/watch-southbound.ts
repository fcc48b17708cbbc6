import type { Metrics } from "../../ports/index.ts";
import type { CwmpGateway } from "../../southbound/cwmp/gateway.ts";
import type { LightGateway } from "../../southbound/light/gateway.ts";
import type { LoadGate } from "../../southbound/load-gate.ts";
import type { Traffic } from "../../southbound/traffic.ts";

/** What devices speak to; undefined where it is no role of this process. */
export interface WatchedSouthbound {
  readonly cwmp: Pick<CwmpGateway, "sessions"> | undefined;
  readonly light: Pick<LightGateway, "connections"> | undefined;
  readonly load: Pick<LoadGate, "figures">;
  /** By the door; undefined where there is none. */
  readonly traffic: Readonly<Record<string, Traffic | undefined>>;
}

/** Watches who is connected, who is sent away, and what goes over the wires. */
export function watchSouthbound({ cwmp, light, load, traffic }: WatchedSouthbound, metrics: Metrics): void {
  if (cwmp !== undefined) metrics.watch("heliograph_cwmp_sessions", {}, () => cwmp.sessions);
  if (light !== undefined) metrics.watch("heliograph_light_connections", {}, () => light.connections);
  metrics.watch("heliograph_load_opening", {}, () => load.figures.opening);
  metrics.watch("heliograph_load_refusing", {}, () => (load.figures.isRefusing ? 1 : 0));
  metrics.watch("heliograph_load_newcomers_total", { verdict: "admit" }, () => load.figures.admitted);
  metrics.watch("heliograph_load_newcomers_total", { verdict: "refuse" }, () => load.figures.refused);
  for (const [door, through] of Object.entries(traffic)) {
    if (through !== undefined) watchDoor(door, through, metrics);
  }
}

function watchDoor(door: string, traffic: Traffic, metrics: Metrics): void {
  metrics.watch("heliograph_southbound_sockets", { door }, () => traffic.sockets.size);
  for (const direction of ["in", "out"] as const) {
    metrics.watch("heliograph_southbound_bytes_total", { door, direction }, () => traffic.bytes[direction]);
  }
}
