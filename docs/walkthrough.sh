#!/usr/bin/env bash
# One stay from the first click to the audit, with curl: a guest books and pays, the night assigns a room, the desk
# decides otherwise, mail goes out, the guest arrives with a PIN, changes rooms, leaves; then everything is verified.
#
#   terminal 1:  KEYRACK_STRIPE_SECRET=whsec_walkthrough KEYRACK_MAILBOX=mail ./run keyrack serve
#   terminal 2:  docs/walkthrough.sh
#
# With your own mail server set KEYRACK_SMTP_HOST and the like (docs/messages.md) instead of KEYRACK_MAILBOX.
set -euo pipefail
cd "$(dirname "$0")/.."

BASE=${BASE:-http://127.0.0.1:8000}
SECRET=${KEYRACK_STRIPE_SECRET:-whsec_walkthrough}
HOTEL=${HOTEL:-walk-$RANDOM}
EMAIL=desk-$HOTEL@example.org
export KEYRACK_NEW_PASSWORD=${KEYRACK_NEW_PASSWORD:-a-long-password-for-$HOTEL}
TODAY=$(date -u +%F)
LATER=$(date -u -d "$TODAY + 3 days" +%F 2>/dev/null || date -u -v+3d +%F)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

step() { printf '\n== %s\n' "$1"; }
field() { python3 -c 'import json,sys; print(json.load(sys.stdin)'"$1"')'; }    # field '["name"]' of JSON on standard input
post() { curl -sS --fail-with-body -X POST "$BASE$1" -H 'Content-Type: application/json' "${@:3}" -d "$2"; }
desk() { post "/api/staff/hotels/$HOTEL$1" "$2" -H "Authorization: Bearer $TOKEN" "${@:3}"; }
see() { curl -sS --fail-with-body "$BASE/api/staff/hotels/$HOTEL$1" -H "Authorization: Bearer $TOKEN"; }
wait_for() {  # wait_for WHAT COMMAND...: until the command succeeds
    for _ in $(seq 120); do if "${@:2}"; then return; fi; sleep 1; done
    echo "not in time: $1" >&2; exit 1
}

step "A hotel: two types with rates, four rooms, one person at the desk"
printf 'code,name,rank,sleeps,rate\nSTD,Standard,0,2,100.00\nDLX,Deluxe,1,2,149.99\n' > "$WORK/types.csv"
printf 'number,type,floor\n101,STD,1\n102,STD,1\n201,DLX,2\n202,DLX,2\n' > "$WORK/rooms.csv"
./run keyrack hotel create "$HOTEL" --name "Walk House" --timezone UTC --business-date "$TODAY"
./run keyrack import --hotel "$HOTEL" --types "$WORK/types.csv" --rooms "$WORK/rooms.csv"
./run keyrack staff create "$EMAIL" --name Ada
./run keyrack staff add "$EMAIL" --hotel "$HOTEL" --role owner
curl -sS "$BASE/api/public/hotels/$HOTEL/settings/" | field '["room_types"]'

step "A guest books three nights"
BOOKED=$(post "/api/guest/hotels/$HOTEL/booking/" '{"room_type": "DLX", "check_in": "'"$TODAY"'", "check_out": "'"$LATER"'",
    "adults": 2, "guest_first_name": "Grace", "guest_last_name": "Hopper", "guest_email": "grace@example.org"}')
BOOKING=$(field '["booking_id"]' <<< "$BOOKED")
NUMBER=$(field '["confirmation_number"]' <<< "$BOOKED")
echo "$BOOKING $NUMBER $(field '["status"]' <<< "$BOOKED") $(field '["total_amount"]' <<< "$BOOKED")"

step "The guest pays: Stripe tells us, signed"
NOW=$(date +%s)
BODY='{"id": "evt_'$HOTEL'", "type": "payment_intent.succeeded", "data": {"object": {"id": "pi_'$HOTEL'",
    "amount_received": 44997, "currency": "eur", "metadata": {"hotel_slug": "'$HOTEL'", "booking_id": "'$BOOKING'"}}}}'
SIGNATURE=$(printf '%s.%s' "$NOW" "$BODY" | openssl dgst -sha256 -hmac "$SECRET" | sed 's/.*= //')
post /api/payments/stripe/webhook/ "$BODY" -H "Stripe-Signature: t=$NOW,v1=$SIGNATURE"
post /api/bookings/lookup/ '{"email": "grace@example.org", "confirmation_number": "'"$NUMBER"'"}' | field '["status"]'

step "The desk signs in; the night gives the booking a room"
TOKEN=$(post /api/auth/token/ '{"email": "'"$EMAIL"'", "password": "'"$KEYRACK_NEW_PASSWORD"'"}' | field '["access_token"]')
# The night itself. A worker does it when it is due; whoever does not want to wait runs it. (If the worker is at it, once more.)
night() { ./run keyrack nightly --hotel "$HOTEL" && [ "$(see "/bookings/$BOOKING/" | field '["has_room_assigned"]')" = True ]; }
wait_for "the night" night
see "/bookings/$BOOKING/" | field '["assigned_room_number"]'

step "The desk decides otherwise: a lower type, against a rule by its name, with the reason"
VERSION=$(see "/bookings/$BOOKING/" | field '["version"]')
desk "/bookings/$BOOKING/assign-room/" '{"room_number": "101", "if_version": '"$VERSION"',
    "override": {"room_fits": "the guest asked for the quiet side"}}' | field '["overridden"]'

step "Mail has gone out"
sent() { see "/bookings/$BOOKING/communications/" | grep -q "\"template\":\"$1\"[^}]*\"delivery_status\":\"SENT\""; }
wait_for "the confirmation" sent confirmation
see "/bookings/$BOOKING/communications/" | field '["results"][0]["subject"]'

step "Arrival: a PIN for the door, told this once"
PIN=$(desk "/bookings/$BOOKING/check-in/" '{}' | field '["pin"]')
desk "/bookings/$BOOKING/pin/verify/" '{"pin": "'"$PIN"'"}'

step "Another room, with the reason"
desk "/bookings/$BOOKING/move-room/" '{"room_number": "202", "reason": "the heating of 101"}' | field '["assigned_room_number"]'
wait_for "the welcome" sent welcome

step "Departure"
desk "/bookings/$BOOKING/check-out/" '{}' | field '["status"]'
wait_for "the farewell" sent checkout
see "/bookings/$BOOKING/communications/" | python3 -c 'import json,sys
for m in json.load(sys.stdin)["results"]: print(m["sent_at"], m["delivery_status"], m["subject"])'

step "Every invariant, and the whole chain of the audit"
./run keyrack verify --hotel "$HOTEL"
