import type { FileStore, FileLinks, Metrics, TraceDesk, Traces } from "../ports/index.ts";
import type { SouthboundPorts } from "../southbound/southbound-ports.ts";
import type { DataFolder } from "./data-folder.ts";
import type { Settings } from "./settings.ts";
import type { Spanning } from "./spans/spanning.ts";

/** What every role of a process stands on. */
export interface Ground {
  readonly settings: Settings;
  readonly folder: DataFolder;
  /** What credentials are sealed with, and other keys are made of. */
  readonly secret: string;
  readonly ports: SouthboundPorts & { readonly traces: Traces & TraceDesk; readonly metrics: Metrics };
  readonly files: FileStore;
  readonly links: FileLinks;
  /** Left out where no spans are taken. */
  readonly spanning: Spanning | undefined;
  /** What has started so far, to be stopped again. */
  readonly starting: AsyncDisposableStack;
}

/** The names of the keys that sign light tokens, newest first: a new one in front takes over without cutting anybody off. */
export const LIGHT_KIDS = ["1"] as const;
