/* A row as the kernel would send it, for tests to vary. */
import type { TaskRow } from "../messages";

export function row(changes: Partial<TaskRow> = {}): TaskRow {
  return {
    key: "1",
    id: "a1b2c3",
    status: "queued",
    running: true,
    prompt: "a cute cat",
    model: "gpt-image-2-low",
    elapsed: 0,
    arrived: 0,
    thumbnail: null,
    error: null,
    ...changes,
  };
}
