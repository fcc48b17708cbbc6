/** Bounds a reader of frames keeps to, whatever the input; handed in by the caller. */
export interface StompLimits {
  /** Bytes of the command or of one header, as they are written. */
  readonly maxLineBytes: number;
  /** Headers of one frame, repeated ones included. */
  readonly maxHeaders: number;
  readonly maxBodyBytes: number;
  /** Bytes of a frame's lines and its body together. */
  readonly maxFrameBytes: number;
}

/** A token is the longest header there is; a body is as long as any message of the light transport may be [LIGHT 10]. */
export const defaultStompLimits: StompLimits = {
  maxLineBytes: 8192,
  maxHeaders: 64,
  maxBodyBytes: 1024 * 1024,
  maxFrameBytes: 1024 * 1024 + 64 * 1024,
};
