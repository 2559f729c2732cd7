/* A comparison: pictures beside or upon each other, or a blind test of them. Traits and messages are those
   of lumen_widgets/widgets/compare/widget.py. */
import type { AnyWidget } from "@anywidget/types";
import type { FocusExports } from "../shared/child_place";
import { Connection, tellShown } from "../shared/connection";
import { newId } from "../shared/ids";
import { PictureCopies } from "../shared/picture_copies";
import { Requests } from "../shared/requests";
import { Ballot } from "./ballot";
import { showBlind } from "./blind_view";
import type { CompareModel, CompareRequest, KernelMessage } from "./messages";
import type { CompareState } from "./state";
import { showCompare } from "./view";
import { wordsFor } from "./words";

const widget: AnyWidget<CompareModel> = () => {
  let state: CompareState;
  return {
    initialize({ model, signal }) {
      const connection = new Connection(model, signal);
      state = {
        connection,
        requests: new Requests<CompareRequest, KernelMessage>(connection),
        copies: new PictureCopies(model, connection, signal),
        differences: new Map(),
        ballot: new Ballot(model, connection, signal),
      };
      const receive = (message: KernelMessage) => {
        if (message.kind === "difference" || message.kind === "error")
          state.requests.answer(message.request, message);
      };
      model.on("msg:custom", receive);
      signal.addEventListener("abort", () => model.off("msg:custom", receive));
      const exports: FocusExports = {
        focus: (within) => {
          // once the ranking of a blind test is shown there is none
          const stage = within.querySelector<HTMLElement>(".lumen-stage");
          (stage ?? within.querySelector<HTMLElement>("button"))?.focus();
        },
      };
      return exports;
    },

    render({ model, el, signal }) {
      const view = newId();
      let ending = new AbortController();
      const show = () => {
        ending.abort();
        ending = new AbortController();
        const words = wordsFor(model.get("language") || navigator.language);
        const build = model.get("_blind") ? showBlind : showCompare;
        build(el, model, state, words, ending.signal);
      };
      show();
      model.on("change:language", show);
      tellShown(state.connection, view, el, signal);
      signal.addEventListener("abort", () => {
        ending.abort();
        model.off("change:language", show);
      });
    },
  };
};

export default widget;
