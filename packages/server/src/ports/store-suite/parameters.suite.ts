import assert from "node:assert/strict";
import type { DeviceKey } from "@heliograph/protocol";
import type { LearnedParameters, Lesson } from "../records.ts";
import type { Store } from "../store.ts";
import {
  accepted,
  asking,
  at,
  claiming,
  connected,
  enrolled,
  opening,
  outcome,
  type On,
} from "./store.fixture.ts";

const wifi = "Device.WiFi.Radio.1.";
const info = "Device.DeviceInfo.";

/** What the ACS knows of a device's data model. */
export function parametersSuite(on: On): void {
  on("what an answer taught is known at its path, and at every path above it", async (store) => {
    const { key, teach } = await pupil(store);
    await teach({
      at: at(1),
      values: { [wifi]: { Channel: 36 }, [info]: { UpTime: 7 }, "Device.": { Own: "x" } },
    });
    const channel = { [wifi]: { Channel: { value: 36, at: at(1) } } };
    const upTime = { [info]: { UpTime: { value: 7, at: at(1) } } };
    const own = { "Device.": { Own: { value: "x", at: at(1) } } };
    assert.deepEqual(await store.parameters(key, `${wifi}Channel`), channel);
    assert.deepEqual(await store.parameters(key, wifi), channel);
    assert.deepEqual(await store.parameters(key, "Device.WiFi."), channel);
    assert.deepEqual(await store.parameters(key, "Device.Own"), own);
    assert.deepEqual(await store.parameters(key, "Device."), { ...own, ...upTime, ...channel });
    assert.deepEqual(await store.parameters(key, ""), { ...own, ...upTime, ...channel });
    assert.deepEqual(await store.parameters(key, "Device.WiFi"), {}, "an object is not a parameter");
    assert.deepEqual(await store.parameters(key, "Device.Wi"), {}, "half a name is no path");
    assert.deepEqual(await store.parameters(key, "Device.WiFi.Radio.1.Chan"), {});
  });

  on("values, writable flags and attributes come together at their parameter", async (store) => {
    const { key, teach } = await pupil(store);
    await teach({ at: at(1), values: { [wifi]: { Channel: 36 } } });
    await teach({ at: at(2), names: { [wifi]: { "": false, Channel: true } } });
    await teach({
      at: at(3),
      attributes: { [wifi]: { Channel: { Notification: 2, AccessList: ["Subscriber"] } } },
    });
    await teach({ at: at(4), attributes: { [wifi]: { Channel: { Notification: 0 } } } });
    const attributes = { Notification: 0, AccessList: ["Subscriber"] };
    assert.deepEqual(await store.parameters(key, wifi), {
      [wifi]: { "": { writable: false }, Channel: { value: 36, at: at(1), writable: true, attributes } },
    });
  });

  on("what a complete answer leaves out is gone, in its subtree alone", async (store) => {
    const { key, teach } = await pupil(store);
    const two = "Device.WiFi.Radio.2.";
    await teach({
      at: at(1),
      values: { [wifi]: { Channel: 36, Old: 1 }, [two]: { Channel: 1 }, [info]: { UpTime: 7 } },
    });
    await teach({ at: at(2), values: { [wifi]: { Channel: 40 } }, complete: ["Device.WiFi."] });
    assert.deepEqual(await store.parameters(key, ""), {
      [wifi]: { Channel: { value: 40, at: at(2) } },
      [info]: { UpTime: { value: 7, at: at(1) } },
    });
  });

  on("a complete answer about the whole tree reaches what it does not mention", async (store) => {
    const { key, teach } = await pupil(store);
    await teach({ at: at(1), values: { [wifi]: { Channel: 36 }, [info]: { UpTime: 7 } } });
    await teach({ at: at(2), values: { [info]: { UpTime: 8 } }, complete: ["Device."] });
    assert.deepEqual(await store.parameters(key, ""), { [info]: { UpTime: { value: 8, at: at(2) } } });
  });

  on("a deleted object is gone with everything below it", async (store) => {
    const { key, teach } = await pupil(store);
    const two = "Device.WiFi.Radio.2.";
    await teach({
      at: at(1),
      values: { [wifi]: { Channel: 36 }, [`${wifi}Stats.`]: { Sent: 1 }, [two]: { Channel: 1 } },
    });
    await teach({ at: at(2), deleted: [wifi] });
    assert.deepEqual(await store.parameters(key, ""), { [two]: { Channel: { value: 1, at: at(1) } } });
  });

  on("what was reported later is not undone by an older lesson", async (store) => {
    const { key, teach } = await pupil(store);
    await teach({ at: at(5), values: { [wifi]: { Channel: 40 } } });
    await teach({ at: at(4), values: { [wifi]: { Channel: 36 } } });
    await teach({ at: at(4), values: {}, complete: [wifi] });
    await teach({ at: at(4), deleted: [wifi] });
    assert.deepEqual(await store.parameters(key, wifi), { [wifi]: { Channel: { value: 40, at: at(5) } } });
  });

  on(
    "an Inform's own parameters lie over what was learned before it, and under what is learned after",
    async (store) => {
      const { key, teach } = await pupil(store);
      await teach({ at: at(1), values: { [info]: { UpTime: 7, Model: "A" } } });
      const parameters = { [info]: { UpTime: 8 } };
      await store.commit("open-connection", opening(key, "c2", { at: at(2), parameters }));
      const model = { value: "A", at: at(1) };
      const known = async () => store.parameters(key, info);
      assert.deepEqual(await known(), { [info]: { UpTime: { value: 8, at: at(2) }, Model: model } });
      await teach({ at: at(3), values: { [info]: { UpTime: 9 } } });
      assert.deepEqual(await known(), { [info]: { UpTime: { value: 9, at: at(3) }, Model: model } });
    },
  );

  on("only the last Inform's own parameters are kept", async (store) => {
    const key = await enrolled(store, "1");
    const open = async (
      connection: string,
      seconds: number,
      parameters: Record<string, Record<string, number>>,
    ) => store.commit("open-connection", opening(key, connection, { at: at(seconds), parameters }));
    await open("c1", 1, { [info]: { UpTime: 1 }, [wifi]: { Channel: 36 } });
    await open("c2", 2, { [info]: { UpTime: 2 } });
    assert.deepEqual(await store.parameters(key, ""), { [info]: { UpTime: { value: 2, at: at(2) } } });
  });

  on("what an Inform told and a later lesson says is gone does not come back", async (store) => {
    const { key, teach } = await pupil(store);
    const parameters = { [wifi]: { Channel: 36 }, [info]: { UpTime: 1 } };
    await store.commit("open-connection", opening(key, "c2", { at: at(2), parameters }));
    await teach({ at: at(3), deleted: [wifi] });
    assert.deepEqual(await store.parameters(key, ""), { [info]: { UpTime: { value: 1, at: at(2) } } });
    await teach({ at: at(4), values: {}, complete: ["Device."] });
    assert.deepEqual(await store.parameters(key, ""), {});
  });

  on("what an Inform told is not undone by an older lesson", async (store) => {
    const { key, teach } = await pupil(store);
    const parameters = { [wifi]: { Channel: 36 } };
    await store.commit("open-connection", opening(key, "c2", { at: at(5), parameters }));
    await teach({ at: at(4), deleted: [wifi] });
    assert.deepEqual(await store.parameters(key, ""), { [wifi]: { Channel: { value: 36, at: at(5) } } });
  });

  on("a device that starts from nothing takes what was learned with it", async (store) => {
    const { key, teach } = await pupil(store);
    await teach({ at: at(1), values: { [wifi]: { Channel: 36 } } });
    const facts = { softwareVersion: "1.0" };
    await store.commit(
      "open-connection",
      opening(key, "c2", { at: at(2), facts: { root: "Device.", ...facts } }),
    );
    const parameters = { [info]: { UpTime: 1 } };
    const bootstrap = opening(key, "c3", { at: at(3), facts, parameters, bootstrapped: true });
    await store.commit("open-connection", bootstrap);
    assert.deepEqual(await store.parameters(key, ""), { [info]: { UpTime: { value: 1, at: at(3) } } });
    assert.deepEqual((await store.device(key))?.facts, facts);
  });

  on("names that programs use for themselves are data like any other", async (store) => {
    const { key, teach } = await pupil(store);
    const odd = named([
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
    const root = named([["__proto__", "c"]]);
    await teach({
      at: at(1),
      values: named([
        ["Device.__proto__.", odd],
        ["__proto__.", root],
      ]),
    });
    const parameters = named([["Device.__proto__.", named([["toString", "d"]])]]);
    await store.commit("open-connection", opening(key, "c2", { at: at(2), parameters }));
    assert.deepEqual(pathsOf(await store.parameters(key, "")), [
      "Device.__proto__.__proto__ a",
      "Device.__proto__.constructor b",
      "Device.__proto__.toString d",
      "__proto__.__proto__ c",
    ]);
    assert.deepEqual(pathsOf(await store.parameters(key, "Device.__proto__.__proto__")), [
      "Device.__proto__.__proto__ a",
    ]);
    await teach({ at: at(3), deleted: ["Device.__proto__."] });
    assert.deepEqual(pathsOf(await store.parameters(key, "")), ["__proto__.__proto__ c"]);
  });

  on("each device is taught for itself", async (store) => {
    const one = await pupil(store, "1");
    const two = await pupil(store, "2");
    await one.teach({ at: at(1), values: { [wifi]: { Channel: 36 } } });
    await two.teach({ at: at(1), values: { [wifi]: { Channel: 40 } } });
    await one.teach({ at: at(2), deleted: [wifi] });
    assert.deepEqual(await store.parameters(one.key, ""), {});
    assert.deepEqual(await store.parameters(two.key, ""), { [wifi]: { Channel: { value: 40, at: at(1) } } });
  });
}

/** An object with these names as its own, whatever they are. */
function named<T>(entries: readonly (readonly [name: string, value: T])[]): Readonly<Record<string, T>> {
  return Object.fromEntries(entries);
}

function pathsOf(known: LearnedParameters): readonly string[] {
  return Object.entries(known).flatMap(([object, group]) =>
    Object.entries(group).map(
      ([leaf, { value }]) => `${object}${leaf} ${JSON.stringify(value).replaceAll('"', "")}`,
    ),
  );
}

interface Pupil {
  readonly key: DeviceKey;
  /** Has an RPC of its own answered, which teaches the lesson. */
  readonly teach: (lesson: Lesson) => Promise<void>;
}

async function pupil(store: Store, serialNumber = "1"): Promise<Pupil> {
  const key = await enrolled(store, serialNumber);
  await connected(store, key, "c1");
  let lessons = 0;
  const teach = async (lesson: Lesson): Promise<void> => {
    lessons += 1;
    const digit = `${serialNumber}${lessons}`;
    const device = await store.device(key);
    assert.ok(device?.connection !== undefined);
    const pair = { connection: device.connection.id, generation: device.generation };
    await accepted(store, asking(key, digit));
    await store.commit("claim-call", claiming(key, digit, { pair, call: digit }));
    const end = { state: "done", at: lesson.at } as const;
    const { held } = await store.commit(
      "record-outcome",
      outcome(key, digit, { ...pair, call: digit, lesson, end }),
    );
    assert.ok(held);
  };
  return { key, teach };
}
