/** How the command ended, for scripts. Closed: every code stands in the help. */
export const exitCodes = {
  done: 0,
  ended: 1,
  refused: 2,
  unreachable: 3,
  unauthorised: 4,
  running: 5,
  failed: 70,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: "done",
  ended: "the device faulted, or the operation ended otherwise than done",
  refused: "wrong usage, an unusable setting, or a request that was refused",
  unreachable: "the ACS cannot be reached, or cannot serve now",
  unauthorised: "the token is not valid, or does not allow this",
  running: "the operation goes on: the wait was over, or Ctrl-C ended it",
  failed: "heliograph itself failed, which is a bug",
};
