import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** A program that some tests stand on; they skip, saying so, where it is missing. */
export interface PathTool {
  readonly name: string;
  readonly usedFor: string;
}

export const PATH_TOOLS: readonly PathTool[] = [
  { name: "xmllint", usedFor: "envelopes against the schemas of CWMP" },
  { name: "nginx", usedFor: "devices behind a proxy" },
  { name: "nats-server", usedFor: "the bus by NATS" },
  { name: "mosquitto", usedFor: "the bridge to MQTT" },
  { name: "rabbitmq-server", usedFor: "the bridge to RabbitMQ" },
  { name: "strace", usedFor: "what reaches the disk before it is acknowledged, and a disk that fails" },
  { name: "go", usedFor: "what the chart for Kubernetes comes to" },
  { name: "systemd-analyze", usedFor: "the units that start the server" },
  { name: "faketime", usedFor: "a machine whose clock is set while the server runs" },
];

/** Where a program stands, searched as a shell does; undefined where it does not. */
export function findOnPath(name: string, path = process.env["PATH"] ?? ""): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
