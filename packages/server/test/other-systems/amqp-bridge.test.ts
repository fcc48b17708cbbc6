import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "amqplib";
import { assertNoneLost, BridgedEvents } from "./bridged-events.ts";
import { RabbitMq, whyNoRabbit } from "./rabbitmq.ts";
import { ShippedServer } from "./shipped-server.ts";

test(
  "by the AMQP bridge each event comes at least once into RabbitMQ, over kills of the bridge",
  { skip: whyNoRabbit() ?? false },
  async (t) => {
    await using broker = await RabbitMq.start();
    await using acs = await ShippedServer.start();
    const connection = await connect(broker.url);
    const channel = await connection.createChannel();
    await channel.assertExchange("heliograph", "topic", { durable: true });
    const { queue } = await channel.assertQueue("ledger", { durable: true });
    await channel.bindQueue(queue, "heliograph", `device.${acs.key}.#`);
    const events = new BridgedEvents();
    const kinds = new Set<string>();
    await channel.consume(queue, (message) => {
      if (message === null) return;
      events.take(Number(message.properties.messageId));
      kinds.add(message.fields.routingKey);
      channel.ack(message);
    });
    const access = await acs.access("amqp bridge", "viewer");
    const environment = { ...access, AMQP_URL: broker.url };
    const bridge = ["examples/amqp-bridge.ts", acs.folder.file("amqp.position")];
    await assertNoneLost(t, { ...{ acs, environment, events }, bridge });
    assert.ok(kinds.has(`device.${acs.key}.connected`), [...kinds].join(", "));
    await connection.close();
  },
);
