/** What a stream of server-sent events has said [HTML 9.2.6]. */
export interface StreamMessage {
  /** The last id the stream gave, also by an earlier message; empty before the first. */
  readonly id: string;
  /** Left out where the block only moved the id, or was a comment. */
  readonly data?: string;
}

export interface EventStreamParser {
  /** Takes the next piece, cut anywhere, and gives what it completed. Throws a RangeError over the limit. */
  push(piece: string): readonly StreamMessage[];
}

/** Reads server-sent events from text; `maxChars` bounds one block. */
export function eventStreamParser(maxChars: number): EventStreamParser {
  let rest = "";
  let id = "";
  let data: string[] = [];
  let blockChars = 0;

  function take(line: string): StreamMessage | undefined {
    blockChars += line.length;
    if (line !== "") {
      const [name, value] = splitField(line);
      if (name === "id" && !value.includes("\0")) id = value;
      else if (name === "data") data.push(value);
      return undefined;
    }
    const message = data.length === 0 ? { id } : { id, data: data.join("\n") };
    data = [];
    blockChars = 0;
    return message;
  }

  return {
    push(piece) {
      rest += piece;
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      const messages = lines.map(take).filter((message) => message !== undefined);
      if (blockChars + rest.length > maxChars) throw new RangeError("an event of the stream is too long");
      return messages;
    },
  };
}

function splitField(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(":");
  if (colon < 0) return [line, ""];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(" ") ? value.slice(1) : value];
}
