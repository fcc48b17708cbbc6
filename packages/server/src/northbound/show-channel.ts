import type { Channel, MemberPresence, Publication } from "@heliograph/api";
import type {
  ChannelRecord,
  DeviceRecord,
  MemberRecord,
  Publication as PublicationRecord,
} from "../ports/index.ts";
import { showTime } from "./show-time.ts";

export function showChannel({ name, rules, epoch, head, first, createdAt }: ChannelRecord): Channel {
  return { name, ...rules, epoch, head, first, created: showTime(createdAt) };
}

export function showPublication({ channel, epoch, offset, at, by, data }: PublicationRecord): Publication {
  return { channel, epoch, offset, at: showTime(at), by, data };
}

export function showMember(
  { device, position, result }: MemberRecord,
  record: DeviceRecord | undefined,
): MemberPresence {
  return {
    device,
    attached: isAttached(record),
    ...(position === undefined ? {} : { position: { ...position, at: showTime(position.at) } }),
    ...(result === undefined ? {} : { result: { ...result, at: showTime(result.at) } }),
  };
}

function isAttached(record: DeviceRecord | undefined): boolean {
  const connection = record?.connection;
  return connection?.transport === "light" && connection.closed !== true;
}
