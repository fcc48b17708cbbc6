import {
  isRecoverable,
  type ChannelName,
  type Position,
  type Publication,
  type Store,
} from "../ports/index.ts";

export interface PublicationsAfter {
  readonly publications: readonly Publication[];
  /** Nothing was missed; else the first of them is all that the channel says by now [LIGHT 6]. */
  readonly isWhole: boolean;
  /** Where whoever has been told them stands. */
  readonly at: Position;
}

interface Place {
  readonly channel: ChannelName;
  readonly at: Position;
  readonly limit: number;
}

/** What comes next for somebody who stands somewhere, or the state where what comes next is not kept any more. */
export async function publicationsAfter(
  store: Pick<Store, "channel" | "publications">,
  { channel: name, at, limit }: Place,
): Promise<PublicationsAfter> {
  const channel = await store.channel(name);
  if (channel === undefined) return { publications: [], isWhole: true, at };
  const isWhole = isRecoverable(channel, at);
  const after = isWhole ? at.offset : channel.head - 1;
  const publications = await store.publications({ channel: name, after, limit });
  const last = publications.at(-1);
  const stands = { epoch: last?.epoch ?? channel.epoch, offset: last?.offset ?? channel.head };
  return { publications, isWhole, at: stands };
}
