/** Bounds a decoder keeps to, whatever the input; handed in by the caller. */
export interface Limits {
  /** Characters of the whole message. */
  readonly maxChars: number;
  /** Nested elements or JSON levels. */
  readonly maxDepth: number;
  /** Elements, or JSON members and items, in the whole message. */
  readonly maxNodes: number;
}

/**
 * What the ACS accepts by default. CWMP asks for at least 32 768 bytes of envelope [CWMP 1.4 3.5];
 * real devices answer GetParameterNames on their root with more than 600 kB.
 */
export const defaultLimits: Limits = { maxChars: 8 * 1024 * 1024, maxDepth: 64, maxNodes: 400_000 };
