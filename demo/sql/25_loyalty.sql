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
