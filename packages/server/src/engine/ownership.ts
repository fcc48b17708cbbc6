import type { EngineId } from "../ports/index.ts";

/** Which devices are an engine's, and how long an answer to a call may take. */
export interface Ownership {
  readonly engine: EngineId;
  readonly owedMs: number;
  /** The engines that there are, this one among them. */
  readonly living: () => readonly EngineId[];
  /** No other can come, nor be there unseen: what keeps two from doing the same is left out. */
  readonly isAlone: boolean;
}
