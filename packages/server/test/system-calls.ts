/** One system call of a traced process. Its times are places in the trace: a smaller one was earlier. */
export interface SystemCall {
  readonly name: string;
  /** What its file descriptor stands for: a path, or `socket:[…]`. */
  readonly file: string;
  /** The rest of what the trace says: data and result. */
  readonly said: string;
  readonly began: number;
  readonly ended: number;
}

const BEGUN = /^(\d+) +(\w+)\(\d+<([^>]*)>(.*)$/;
const RESUMED = /^(\d+) +<\.\.\. \w+ resumed>(.*)$/;
const UNFINISHED = /<unfinished \.\.\.>$/;

/** Reads what `strace -f -y` wrote. Calls that do not name a file descriptor first are left out. */
export function readSystemCalls(trace: string): readonly SystemCall[] {
  const calls: SystemCall[] = [];
  const unfinished = new Map<string, SystemCall>();
  for (const [at, line] of trace.split("\n").entries()) {
    const [, thread = "", name = "", file = "", said = ""] = BEGUN.exec(line) ?? [];
    const [, resumed = "", rest = ""] = RESUMED.exec(line) ?? [];
    const begun = unfinished.get(resumed);
    if (begun !== undefined) {
      calls.push({ ...begun, said: begun.said + rest, ended: at });
      unfinished.delete(resumed);
    } else if (UNFINISHED.test(said)) {
      unfinished.set(thread, { name, file, said: said.replace(UNFINISHED, ""), began: at, ended: at });
    } else if (name !== "") {
      calls.push({ name, file, said, began: at, ended: at });
    }
  }
  return calls.sort((one, other) => one.began - other.began);
}

/** An HTTP answer that left, and the last that was read of its request. */
export interface TracedAnswer {
  readonly request: SystemCall;
  readonly answer: SystemCall;
}

/** All answers to requests that came over sockets, in order. */
export function answersIn(calls: readonly SystemCall[]): readonly TracedAnswer[] {
  return calls.filter(isAnswer).flatMap((answer) => {
    const request = calls.findLast(
      (call) => isRead(call) && call.file === answer.file && call.ended < answer.began,
    );
    return request === undefined ? [] : [{ request, answer }];
  });
}

/** Whether a sync of the database began after the one call had ended, and ended well before the other began. */
export function isSyncedBetween(calls: readonly SystemCall[], one: SystemCall, other: SystemCall): boolean {
  return calls.some((call) => isSync(call) && call.began > one.ended && call.ended < other.began);
}

function isSync({ name, file, said }: SystemCall): boolean {
  return (
    (name === "fsync" || name === "fdatasync") &&
    /\/heliograph\.db(?:-wal)?$/.test(file) &&
    / = 0$/.test(said)
  );
}

function isRead({ name, file, said }: SystemCall): boolean {
  return (name === "read" || name === "recvfrom") && file.startsWith("socket:") && / = [1-9]\d*$/.test(said);
}

function isAnswer({ name, file, said }: SystemCall): boolean {
  return (
    /^(?:write|writev|sendto|sendmsg)$/.test(name) &&
    file.startsWith("socket:") &&
    said.includes('"HTTP/1.1 ')
  );
}
