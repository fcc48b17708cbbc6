import type { TraceDesk } from "../src/ports/index.ts";

/** Nobody is traced. */
export const untraced: TraceDesk = {
  isOpen: false,
  of: () => undefined,
  onSwitched: () => ({ unsubscribe: () => undefined }),
};
