/* A row as the kernel would send it, for tests to vary. */
import type { TaskRow } from "../../task_panel/messages";

export function row(changes: Partial<TaskRow> = {}): TaskRow {
  return {
    key: "1",
    id: "a1b2c3",
    status: "queued",
    running: true,
    watched: true,
    prompt: "a cute cat",
    model: "gpt-image-2-low",
    host: "",
    elapsed: 0,
    usual: null,
    arrived: 0,
    pictured: false,
    repaints: null,
    credits: null,
    charge: "charged",
    actions: ["stop"],
    error: null,
    ...changes,
  };
}
