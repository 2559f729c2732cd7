/* The gallery: pictures to look through, search and act on. Traits and messages are those of
   lumen_widgets/widgets/gallery/widget.py. */
import type { AnyWidget } from "@anywidget/types";
import { Connection, tellShown } from "../shared/connection";
import { newId } from "../shared/ids";
import { PictureActions } from "../shared/picture_actions";
import { PictureCopies } from "../shared/picture_copies";
import { Requests } from "../shared/requests";
import type { Answer } from "./answers";
import type { GalleryModel, GalleryRequest, KernelMessage } from "./messages";
import { GalleryPictures } from "./pictures";
import { type GalleryState, showGallery, starsOf } from "./view";
import { wordsFor } from "./words";

const ANSWERS = new Set(["found", "items", "told", "forgot", "error"]);

const widget: AnyWidget<GalleryModel> = () => {
  let state: GalleryState;
  return {
    initialize({ model, signal }) {
      const connection = new Connection(model, signal);
      const first = model.get("_first");
      state = {
        connection,
        pictures: new GalleryPictures(first),
        requests: new Requests<GalleryRequest, Answer>(connection),
        copies: new PictureCopies(model, connection, signal),
        actions: new PictureActions(connection),
        changed: new Set(),
      };
      state.actions.receive(starsOf(first.items));
      const receive = (message: KernelMessage) => {
        if (state.actions.receive(message)) return;
        if (message.kind === "news") {
          state.pictures.receiveArrived(message.arrived);
          if (message.changed) for (const changed of [...state.changed]) changed();
        } else if (ANSWERS.has(message.kind)) state.requests.answer(message.request, message);
      };
      model.on("msg:custom", receive);
      signal.addEventListener("abort", () => model.off("msg:custom", receive));
    },

    render({ model, el, signal, host }) {
      const view = newId();
      let ending = new AbortController();
      const show = () => {
        ending.abort();
        ending = new AbortController();
        const words = wordsFor(model.get("language") || navigator.language);
        showGallery(el, model, host, state, words, view, ending.signal);
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
