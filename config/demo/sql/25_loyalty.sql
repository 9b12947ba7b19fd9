CREATE SCHEMA loyalty;

CREATE TABLE loyalty.club_members AS
SELECT customer_id,
       weigh(i, 'tier', ['Blue', 'Silver', 'Gold'], [0.66, 0.91]) AS tier,
       CAST(pow(chance(i, 'points'), 2.4) * 6200 AS BIGINT) AS points, registered_on AS joined_on,
       sex, age_band, chance(i, 'letter') < 0.63 AS newsletter
FROM world.customers
WHERE in_club AND (age < 75 OR chance(i, 'no-phone') > 0.3);

CREATE TABLE loyalty.club_transactions AS
SELECT code('B', d.range) AS booking_id, o.customer_id,
       o.placed_at + to_days(CAST(whole(d.range, 'lag', 0, 9) AS INTEGER)) AS booked_at,
       weigh(d.range, 'booking', ['earned', 'spent', 'expired', 'corrected'], [0.72, 0.94, 0.985]) AS kind,
       CAST(round(whole(d.range, 'how-many', 10, 480) * CASE
            WHEN chance(d.range, 'booking') >= 0.72 AND chance(d.range, 'booking') < 0.985 THEN -1
            ELSE 1 END) AS BIGINT) AS points,
       CASE WHEN chance(d.range, 'booking') < 0.94 THEN o.order_id END AS order_id
FROM range(15000) d JOIN world.orders o ON o.i = whole(d.range, 'order', 0, 8999)
JOIN loyalty.club_members m ON m.customer_id = o.customer_id;

CREATE TABLE loyalty.reward_redemptions AS
SELECT strftime(as_of_day() - CAST(w.range * 7 AS INTEGER), '%G-W%V') AS week, k.country, k.reward,
       CAST(round(k.size * (8 + 40 * chance(w.range * 31 + k.no, 'members'))) AS BIGINT) AS members,
       CAST(round(k.size * (8 + 40 * chance(w.range * 31 + k.no, 'members'))) AS BIGINT) * k.cost AS points
FROM range(104) w, (
    SELECT c.country, c.size, r.reward, r.cost, row_number() OVER () AS no
    FROM (VALUES ('NO', 3.1), ('SE', 2.2), ('DK', 1.1), ('FI', 0.7)) c(country, size),
         (VALUES ('free parcel', 120), ('health evening', 400), ('gift card', 1000),
                 ('donation to a lifeboat society', 250), ('other', 200)) r(reward, cost)
) k;
