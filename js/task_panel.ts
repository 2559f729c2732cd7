/* The live task panel: one row a task, its state in words, how long it has taken, what went wrong and
   what to do next. Traits and messages are those of lumen_widgets/widgets/task_panel/widget.py. */
import type { AnyWidget } from "@anywidget/types";
import { Calls, newId } from "./task_calls";
import type { KernelMessage, TaskPanelModel } from "./task_panel_messages";
import { type Shared, showPanel } from "./task_panel_view";
import { TaskRows } from "./task_rows";
import { wordsFor } from "./words";

const widget: AnyWidget<TaskPanelModel> = () => {
  let shared: Shared;
  return {
    initialize({ model, signal }) {
      shared = {
        rows: new TaskRows(model.get("_rows")),
        calls: new Calls(model),
        speakers: new Set(),
        looked: new Set(),
      };
      const receive = (message: KernelMessage) => {
        shared.rows.receive(message);
        shared.calls.receive(message);
      };
      model.on("msg:custom", receive);
      signal.addEventListener("abort", () => model.off("msg:custom", receive));
    },

    render({ model, el, signal }) {
      const view = newId();
      let ending = new AbortController();
      const show = () => {
        ending.abort();
        ending = new AbortController();
        const words = wordsFor(model.get("language") || navigator.language);
        showPanel(el, model, shared, words, ending.signal);
      };
      show();
      model.on("change:language", show);

      // messages sent while the bundle was still loading are lost: ask for every row
      void shared.calls.ask({ kind: "hello", view });
      signal.addEventListener("abort", () => {
        ending.abort();
        model.off("change:language", show);
        shared.calls.send({ kind: "bye", view });
      });
    },
  };
};

export default widget;
