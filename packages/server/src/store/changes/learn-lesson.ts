import type { DeviceKey } from "@heliograph/protocol";
import { learn, lessonParts, withoutForgotten } from "../../ports/lesson.ts";
import type { Lesson } from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { writeDocument } from "../document.ts";
import {
  findChunks,
  findInformParameters,
  saveChunk,
  saveInformParameters,
  storedObjects,
} from "../parameter-rows.ts";

/** Rewrites the chunks a lesson is about, and no other. */
export function learnLesson(db: Database, device: DeviceKey, lesson: Lesson): void {
  const parts = lessonParts(lesson, storedObjects(db, device));
  const known = findChunks(db, device, [...parts.keys()]);
  for (const [object, part] of parts) {
    saveChunk(db, { device, object }, learn(known.get(object) ?? {}, part));
  }
  forgetInformed(db, device, lesson);
}

/** What the last Inform told and a later lesson says is gone must not come back when the Inform is laid over. */
function forgetInformed(db: Database, device: DeviceKey, lesson: Lesson): void {
  if (lesson.complete === undefined && lesson.deleted === undefined) return;
  const inform = findInformParameters(db, device);
  if (inform === undefined || inform.at > lesson.at) return;
  const document = writeDocument(withoutForgotten(inform.values, lesson));
  saveInformParameters(db, device, { at: inform.at, document });
}
