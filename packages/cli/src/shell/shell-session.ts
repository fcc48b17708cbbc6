import type { Client } from "@heliograph/api/client";
import type { Terminal } from "../terminal.ts";

/** One person at one device. */
export interface ShellSession {
  readonly client: Client;
  /** The device's key. */
  readonly device: string;
  readonly terminal: Terminal;
  /** How long a call is waited for. */
  readonly waitMs: number;
  /** Paths that may be completed: those that the ACS knows, and those that answers have told of since. */
  readonly paths: Set<string>;
}
