import { operationStates } from "./operation-state.ts";
import { complianceStates } from "./policies.ts";

/** One number of a running ACS, or one for each combination of its labels' values. */
export interface MetricRow {
  /** As Prometheus names its metrics: the unit comes last, but for what a counter ends with. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** All values that a label may have; whatever else comes counts as `other`. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

const none = {} as const;
/** From what a socket on this machine takes to what a disk that stands still does. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

/** What is asked on the bus, without the ids in the subjects. */
const requestKinds = [
  ...(["device.rpc", "device.rotate", "device.relieve", "operation.cancel", "wake"] as const),
  ...(["engine.accept", "engine.announce", "engine.connect", "engine.attach", "engine.inform"] as const),
  ...(["engine.next", "engine.report", "engine.rpc", "engine.passed-on", "engine.engines"] as const),
  ...(["gateway.call", "gateway.post", "gateway.nonce", "outside.rpc", "here"] as const),
] as const;

const messageKinds = [
  ...(["device.event", "operation.changed", "engine.closed", "engine.answered", "engine.alive"] as const),
  ...(["gateway.disconnect", "gateway.probe", "gateway.rouse", "device.watch", "device.observed"] as const),
  ...([
    "revoked",
    "stored",
    "config.changed",
    "channel.published",
    "channel.changed",
    "channel.members",
  ] as const),
] as const;

/** What happens to devices, as the journal names it. */
const eventNames = [
  ...(["enrolled", "bootstrap", "boot", "scheduled", "value-change", "connection-request"] as const),
  ...(["connected", "disconnected", "light-lapsed", "operation", "connection-request-sent"] as const),
  ...(["transfer-complete", "transfer-complete-report", "autonomous-transfer-complete"] as const),
  ...(["diagnostics-complete", "request-download", "wakeup", "m-reboot", "m-download", "m-upload"] as const),
  ...(["credentials-rotating", "credentials-confirmed", "credentials-refused"] as const),
  ...(["left-alone", "relieved", "circle-stopped", "quirk-learned", "tags-changed"] as const),
  ...(["group-joined", "group-left", "backup-changed", "backup-failed"] as const),
  ...complianceStates.map((state) => `policy-${state}` as const),
] as const;

const wakeResults = [
  ...(["accepted", "sent", "busy", "unauthorized"] as const),
  ...(["refused", "unreachable", "forbidden", "impossible"] as const),
] as const;

const doors = ["http", "https", "stomp", "stomps"] as const;

/** Every metric there is; the dashboard and the guide speak of these alone. */
export const metricRows = [
  {
    name: "heliograph_cwmp_sessions",
    type: "gauge",
    help: "Sessions of classic devices that go on",
    labels: none,
  },
  {
    name: "heliograph_light_connections",
    type: "gauge",
    help: "Light connections that stand",
    labels: none,
  },
  {
    name: "heliograph_southbound_sockets",
    type: "gauge",
    help: "Open connections of devices by TCP, whatever is spoken on them",
    labels: { door: doors },
  },
  {
    name: "heliograph_southbound_bytes_total",
    type: "counter",
    help: "Bytes on connections of devices, files among them",
    labels: { door: doors, direction: ["in", "out"] },
  },
  {
    name: "heliograph_load_opening",
    type: "gauge",
    help: "Newcomers who are let in, and whom the engine or the store has not answered yet",
    labels: none,
  },
  {
    name: "heliograph_load_refusing",
    type: "gauge",
    help: "1 while newcomers are sent away because the ACS cannot keep up, else 0",
    labels: none,
  },
  {
    name: "heliograph_load_newcomers_total",
    type: "counter",
    help: "Newcomers at the load gate, and whether they were let in",
    labels: { verdict: ["admit", "refuse"] },
  },
  {
    name: "heliograph_connection_requests_total",
    type: "counter",
    help: "Connection requests, by what came back",
    labels: { result: wakeResults },
  },
  {
    name: "heliograph_device_events_total",
    type: "counter",
    help: "Stored events of devices; a name that is not in the list counts as other",
    labels: { name: eventNames },
  },
  {
    name: "heliograph_operation_changes_total",
    type: "counter",
    help: "Operations that came into a state",
    labels: { state: operationStates },
  },
  {
    name: "heliograph_channel_publications_total",
    type: "counter",
    help: "What was published on channels",
    labels: none,
  },
  {
    name: "heliograph_files",
    type: "gauge",
    help: "Files for devices and from them",
    labels: none,
  },
  {
    name: "heliograph_files_bytes",
    type: "gauge",
    help: "What all files have together",
    labels: none,
  },
  {
    name: "heliograph_store_commits_total",
    type: "counter",
    help: "Commits of the store",
    labels: none,
  },
  {
    name: "heliograph_store_changes_total",
    type: "counter",
    help: "Changes in those commits",
    labels: none,
  },
  {
    name: "heliograph_store_waiting_changes",
    type: "gauge",
    help: "Changes that wait for their commit",
    labels: none,
  },
  {
    name: "heliograph_store_refusing",
    type: "gauge",
    help: "1 while the disk or the database takes no change, else 0",
    labels: none,
  },
  {
    name: "heliograph_store_commit_seconds",
    type: "histogram",
    help: "How long a commit took until it was on disk",
    labels: none,
    buckets: SECONDS,
  },
  {
    name: "heliograph_store_batch_changes",
    type: "histogram",
    help: "Changes that shared one commit",
    labels: none,
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
  },
  {
    name: "heliograph_store_connections",
    type: "gauge",
    help: "Connections to PostgreSQL",
    labels: { use: ["writing", "reading"], state: ["busy", "idle"] },
  },
  {
    name: "heliograph_store_connections_awaited",
    type: "gauge",
    help: "Questions and commits that wait for a connection to PostgreSQL",
    labels: { use: ["writing", "reading"] },
  },
  {
    name: "heliograph_relay_waiting_events",
    type: "gauge",
    help: "Stored events beyond the relay's position on the bus, which it notes each second",
    labels: none,
  },
  {
    name: "heliograph_bus_requests_total",
    type: "counter",
    help: "What was asked on the bus, and how that ended",
    labels: { kind: requestKinds, outcome: ["answered", "nobody-there", "timed-out", "failed", "closed"] },
  },
  {
    name: "heliograph_bus_request_seconds",
    type: "histogram",
    help: "How long an answer took on the bus, whatever it was",
    labels: { kind: requestKinds },
    buckets: SECONDS,
  },
  {
    name: "heliograph_bus_open_requests",
    type: "gauge",
    help: "What was asked on the bus and is not answered yet",
    labels: none,
  },
  {
    name: "heliograph_bus_messages_total",
    type: "counter",
    help: "Messages that were published on the bus",
    labels: { kind: messageKinds },
  },
  {
    name: "heliograph_northbound_requests_total",
    type: "counter",
    help: "Requests of managers that were answered, by the part of the API and the class of the status",
    labels: {
      tag: [
        ...(["devices", "operations", "events", "traces", "quirks", "files", "backups", "groups"] as const),
        ...(["campaigns", "channels", "policies", "webhooks", "audit", "grants", "tokens"] as const),
        ...(["users", "service"] as const),
      ],
      status: ["2xx", "3xx", "4xx", "5xx"],
    },
  },
  {
    name: "heliograph_northbound_request_seconds",
    type: "histogram",
    help: "How long managers waited for their answers; streams and waiting for an operation's end are in it",
    labels: none,
    buckets: SECONDS,
  },
  {
    name: "heliograph_northbound_open_requests",
    type: "gauge",
    help: "Requests of managers that are being answered, streams among them",
    labels: none,
  },
] as const satisfies readonly MetricRow[];
