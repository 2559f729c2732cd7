/* The live task panel: one row a task, its state in words, how long it has taken, what went wrong and
   what to do next. Traits and messages are those of lumen_widgets/widgets/task_panel/widget.py. */
import type { AnyWidget } from "@anywidget/types";
import { Connection, tellShown } from "../shared/connection";
import { newId } from "../shared/ids";
import { Requests } from "../shared/requests";
import { AgainRequests } from "./again_requests";
import { receiveAnswer } from "./answers";
import type { KernelMessage, TaskPanelModel } from "./messages";
import { TaskRows } from "./rows";
import { type PanelState, showPanel } from "./view";
import { wordsFor } from "./words";

const widget: AnyWidget<TaskPanelModel> = () => {
  let state: PanelState;
  return {
    initialize({ model, signal }) {
      const connection = new Connection(model, signal);
      state = {
        connection,
        rows: new TaskRows(model.get("_rows"), model.get("_totals"), model.get("_thumbnails")),
        requests: new Requests(connection),
        again: new AgainRequests(model.get("_panel")),
        announcers: new Set(),
        requestedThumbnails: new Set(),
      };
      const receive = (message: KernelMessage) => {
        state.rows.receive(message);
        receiveAnswer(state.requests, message);
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
        showPanel(el, model, state, words, ending.signal);
      };
      show();
      model.on("change:language", show);

      // messages that were sent while the bundle was loading are lost: ask for the newest rows
      void state.requests.ask({ kind: "hello", view });
      tellShown(state.connection, view, el, signal);
      signal.addEventListener("abort", () => {
        ending.abort();
        model.off("change:language", show);
        state.connection.send({ kind: "bye", view });
      });
    },
  };
};

export default widget;
