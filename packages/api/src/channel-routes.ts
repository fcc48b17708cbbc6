import {
  Channel,
  ChannelMembers,
  ChannelPage,
  ChannelPath,
  ChannelPresence,
  ChannelQuery,
  ChannelRequest,
  Publication,
  PublicationPage,
  PublicationQuery,
  PublicationRequest,
  PublicationStreamHeaders,
  PublicationStreamQuery,
  PublishHeaders,
} from "./channels.ts";
import { json, nothing, route, text } from "./route.ts";

const CHANNELS = "/api/v1/channels";
const CHANNEL = `${CHANNELS}/{name}` as const;

/** Where things are published for devices, and who is told. */
export const channelRoutes = {
  listChannels: route({
    method: "GET",
    path: CHANNELS,
    tag: "channels",
    summary: "List channels, in the order of their names",
    query: ChannelQuery,
    answers: { 200: json("Channels", ChannelPage) },
    problems: [],
  }),
  getChannel: route({
    method: "GET",
    path: CHANNEL,
    tag: "channels",
    summary: "Get a channel",
    params: ChannelPath,
    answers: { 200: json("The channel", Channel) },
    problems: ["unknown-channel"],
  }),
  setChannel: route({
    method: "PUT",
    path: CHANNEL,
    tag: "channels",
    summary: "Make a channel, or change what holds for it",
    description:
      "The members of `public/<name>` are the devices of the group of that name, and those added to it.",
    params: ChannelPath,
    body: ChannelRequest,
    answers: { 200: json("The channel", Channel) },
    problems: [
      ...(["not-json", "too-large", "unsupported-media-type"] as const),
      ...(["unknown-device", "too-many-channels", "held-by-policy", "store-full"] as const),
    ],
  }),
  removeChannel: route({
    method: "DELETE",
    path: CHANNEL,
    tag: "channels",
    summary: "Remove a channel with all that was published on it",
    params: ChannelPath,
    answers: { 204: nothing("Removed") },
    problems: ["unknown-channel", "held-by-policy", "store-full"],
  }),
  renewChannel: route({
    method: "POST",
    path: `${CHANNEL}/renewal`,
    tag: "channels",
    summary: "Begin a new epoch of a channel",
    description:
      "For after a backup of the ACS's data was put back: members may have been told what is not there any more. Whoever " +
      "stands anywhere in the channel is given its state.",
    params: ChannelPath,
    answers: { 200: json("The channel, in its new epoch", Channel) },
    problems: ["unknown-channel", "store-full"],
  }),
  setChannelMembers: route({
    method: "POST",
    path: `${CHANNEL}/members`,
    tag: "channels",
    summary: "Add devices to a channel, and take others out",
    params: ChannelPath,
    body: ChannelMembers,
    answers: { 204: nothing("Done") },
    problems: [
      ...(["not-json", "too-large", "unsupported-media-type"] as const),
      ...(["unknown-channel", "unknown-device", "held-by-policy", "store-full"] as const),
    ],
  }),
  publish: route({
    method: "POST",
    path: `${CHANNEL}/publications`,
    tag: "channels",
    summary: "Publish something on a channel",
    description:
      "It is answered once it is on disk: members that are connected are being told, the others will be.",
    params: ChannelPath,
    headers: PublishHeaders,
    body: PublicationRequest,
    answers: { 201: json("The publication, with its place", Publication) },
    problems: [
      ...(["not-json", "too-large", "unsupported-media-type"] as const),
      ...(["unknown-channel", "not-a-publisher", "store-full"] as const),
    ],
  }),
  listPublications: route({
    method: "GET",
    path: `${CHANNEL}/publications`,
    tag: "channels",
    summary: "List what was published and is kept, in order",
    params: ChannelPath,
    query: PublicationQuery,
    answers: { 200: json("Publications", PublicationPage) },
    problems: ["unknown-channel"],
  }),
  followPublications: route({
    method: "GET",
    path: `${CHANNEL}/stream`,
    tag: "channels",
    summary: "Follow what is published, as server-sent events",
    description:
      "Each `publication` in order, once; `state` with what was published last where something is missing before it.",
    params: ChannelPath,
    query: PublicationStreamQuery,
    headers: PublicationStreamHeaders,
    answers: { 200: text("Publications as they come", "text/event-stream") },
    problems: ["unknown-channel", "too-many-streams"],
  }),
  getPresence: route({
    method: "GET",
    path: `${CHANNEL}/presence`,
    tag: "channels",
    summary: "Say who is a member, connected, and how far",
    params: ChannelPath,
    query: ChannelQuery,
    answers: { 200: json("Who is there", ChannelPresence) },
    problems: ["unknown-channel"],
  }),
};
