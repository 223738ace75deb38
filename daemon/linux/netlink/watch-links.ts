import { watchNetlinkGroup } from "./group.ts";
import { decodeLink, RTM_DELLINK, RTM_NEWLINK, type Link } from "./links.ts";
import { decodeMessages } from "./message.ts";

const [NETLINK_ROUTE, RTNLGRP_LINK] = [0, 1];

/** `missed`: more came than the kernel could keep, so anything may have changed. */
export type LinkNews = { readonly type: "changed" | "gone"; readonly link: Link } | { readonly type: "missed" };

/** Tells what becomes of the interfaces of this network namespace, whoever does it. */
export function watchLinks(onNews: (news: LinkNews) => void): Disposable {
  return watchNetlinkGroup(NETLINK_ROUTE, RTNLGRP_LINK, (datagram) => {
    if (datagram === undefined) {
      onNews({ type: "missed" });
      return;
    }
    for (const message of decodeMessages(datagram)) {
      if (message.type === RTM_NEWLINK) onNews({ type: "changed", link: decodeLink(message) });
      else if (message.type === RTM_DELLINK) onNews({ type: "gone", link: decodeLink(message) });
    }
  });
}
