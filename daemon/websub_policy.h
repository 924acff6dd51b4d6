// What a WebSub subscriber does (W3C Recommendation "WebSub", 2018): pure functions on a feed's
// subscription. The rules are http.md's W-1 to W-9.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/rng.h"
#include "daemon/transport.h"
#include "feeds/feed.h"
#include "storage/hub_subscription.h"

namespace feedwire::daemon {

/// Longest lease, which is also what hubs are asked for (W-4).
inline constexpr std::chrono::hours kMaxLease{14 * 24};
/// A hub that denies us, or has lost our trust, is asked again after this (W-8).
inline constexpr std::chrono::hours kHubPause{7 * 24};
/// So long a hub may take to push an entry before that counts as missed (W-8).
inline constexpr std::chrono::minutes kPushPatience{10};
inline constexpr int kMostMisses = 3;  // of the last HubSubscription::kJudged entries

using storage::HubOffer;

/// The hub and the topic that an answer, or its document, names; empty = none. W-1: the Link
/// headers come first, then the document (null: it was not sent again).
HubOffer find_hub(const HttpResponse& response, const feeds::Feed* document);

/// The URL at which a hub reaches the subscription with this token.
std::string callback_url(std::string_view callbacks, const Hash128& token);

/// A subscription that is still to be asked for. `callbacks` is the URL under which hubs find us.
storage::HubSubscription new_subscription(HubOffer offer, std::string_view callbacks, Rng& rng,
                                          WallTime now);

/// The form that asks the hub for it (`mode` "subscribe") or to end it ("unsubscribe").
std::string hub_form(const storage::HubSubscription& subscription, std::string_view mode);

/// Whether the hub can be relied on to push: then only backup polls are made (W-7).
bool is_covered(const storage::HubSubscription& subscription, WallTime now);

/// The hub is asked now. Until it confirms, it is asked again later and later: an hour after the
/// first time, once a day in the end; `floor`, the operator's, shortens that as it does H-60.
void note_asked(storage::HubSubscription& subscription, std::chrono::seconds floor, WallTime now);

/// Whether an answer says that the hub takes the request: whether it wants it, it asks later.
bool is_taken(const HttpResponse& response);

/// It has answered that it does not take the request, or asks for patience (Retry-After).
void note_refusal(storage::HubSubscription& subscription, const HttpResponse& response,
                  WallTime now);

/// W-4: the hub confirms the subscription for `lease` (nothing: it did not say). Returns whether it
/// was not active before, so that a poll is to follow (W-5).
bool confirm(storage::HubSubscription& subscription, std::optional<std::chrono::seconds> lease,
             std::chrono::seconds floor, WallTime now);

/// The hub says that it does not, or no longer, want the subscription.
void deny(storage::HubSubscription& subscription, WallTime now);

/// The lease ended without another one. False where it did not.
bool lapse(storage::HubSubscription& subscription, WallTime now);

/// W-8: so many new entries came by pushes, or were first found by a backup poll although the hub
/// had had the time. Returns whether that has just cost it our trust.
bool judge_hub(storage::HubSubscription& subscription, int pushed, int missed, WallTime now);

/// W-2: whether `header`, an X-Hub-Signature, is the secret's signature of `body`.
bool is_signed(const storage::HubSubscription& subscription, std::string_view header,
               std::string_view body);

}  // namespace feedwire::daemon
