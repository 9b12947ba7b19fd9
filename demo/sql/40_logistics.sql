CREATE TABLE sales.store_register AS
SELECT store_id, country, municipality, postcode, format, opened_on, floor_m2, latitude, longitude
FROM world.stores;

CREATE SCHEMA logistics;

CREATE TABLE logistics.parcel_events AS
SELECT p.parcel_id, s.step, p.handed_over_at + to_minutes(CAST(p.transit_hours * 60 * s.along AS BIGINT))
           AS scanned_at,
       CASE WHEN s.step = 'at terminal' THEN p.hub_id END AS hub_id, p.order_id, p.drop_kind
FROM world.parcels p, (VALUES (1, 'packed', 0.0), (2, 'at terminal', 0.45),
                              (3, 'handed over', 1.0)) s(no, step, along)
WHERE s.no <> 2 OR p.urbanity <> 'rural' OR chance(p.i, 'skipped-terminal') < 0.55;

CREATE TABLE logistics.hub_capacity AS
SELECT h.hub_id, as_of_day() + CAST(d.range AS INTEGER) AS day,
       CAST(round(h.parcels_per_day * (0.55 + 0.45 * chance(h.i * 14 + d.range, 'booked'))) AS BIGINT) AS booked,
       h.parcels_per_day AS capacity, chance(h.i * 14 + d.range, 'booked') > 0.822 AS tight
FROM world.hubs h, range(14) d;

CREATE TABLE logistics.delivery_times AS
SELECT postcode, any_value(urbanity) AS region, count(*) AS parcels,
       round(median(transit_hours), 1) AS typical_hours,
       round(quantile_cont(transit_hours, 0.95), 1) AS slow_hours,
       round(avg(CASE WHEN transit_hours > 48 THEN 1 ELSE 0 END), 3) AS late_share,
       count(*) < 5 AS borrowed
FROM world.parcels GROUP BY postcode;

CREATE SCHEMA last_mile;

CREATE TABLE last_mile.locker_occupancy AS
SELECT locker_id, CAST(as_of_day() AS TIMESTAMP) - to_minutes(whole(i, 'report', 0, 59)) AS reported_at, doors,
       CASE WHEN chance(i, 'stuck-sensor') < 0.03 THEN -1
            WHEN chance(i, 'ghost') < 0.02 THEN doors + 7
            ELSE CAST(floor(doors * chance(i, 'taken')) AS BIGINT) END AS taken,
       round(6 * chance(i, 'oldest'), 1) AS oldest_days,
       CASE WHEN i % 4 = 0 THEN whole(i, 'battery', 12, 100) END AS battery_percent
FROM world.lockers;

CREATE TABLE last_mile.courier_routes AS
SELECT code('TR', d.range) AS tour_id,
       CASE WHEN chance(d.range, 'stand-in') < 0.06 THEN NULL ELSE s.employee_id END AS employee_id, h.hub_id,
       date_trunc('day', moment(d.range, 'tour', 90)) + to_hours(whole(d.range, 'departure', 6, 15)) AS started_at,
       whole(d.range, 'stops', 18, 74) AS stops, round(22 + 150 * chance(d.range, 'km'), 1) AS km,
       whole(d.range, 'minutes', 190, 480) AS minutes, whole(d.range, 'failed', 0, 6) AS failed_stops
FROM range(3000) d
JOIN (SELECT employee_id, row_number() OVER (ORDER BY i) - 1 AS no, count(*) OVER () AS drivers
      FROM world.staff WHERE job_family = 'driver') s ON s.no = d.range % s.drivers
JOIN (SELECT hub_id, row_number() OVER (ORDER BY i) - 1 AS no FROM world.hubs) h ON h.no = d.range % 14;

CREATE TABLE last_mile.eta_features AS
SELECT p.parcel_id, round(1 + 11 * chance(p.i, 'hub-wait'), 2) AS hours_at_hub, p.weight_g, p.drop_kind,
       p.urbanity AS region, isodow(p.handed_over_at) AS weekday, t.typical_hours,
       CASE WHEN chance(p.i, 'station') < 0.97
            THEN month(p.handed_over_at) IN (12, 1, 2) AND chance(p.i, 'snow') < 0.34 END AS snow,
       round(p.transit_hours * 0.55, 2) AS hours_to_door
FROM world.parcels p JOIN logistics.delivery_times t USING (postcode);

-- The two tables of the network locations.
CREATE VIEW logistics.hubs AS FROM world.hubs;
CREATE VIEW logistics.lockers AS FROM world.lockers;
