"""Words that stand in nearly every Turkish text, and the commonest of the news."""

WORDS = """
ve veya ya da de ile ama fakat ancak çünkü eğer ki ise hem ne nasıl neden niçin niye nerede
nereye nereden kim kime kimin hangi kaç ben sen o biz siz onlar beni seni onu bizi sizi onları
bana sana ona bize size onlara benim senin onun bizim sizin onların kendi kendisi kendileri bu
şu bunlar şunlar bunu şunu buna şuna bunun şunun böyle şöyle öyle burada şurada orada buraya
oraya bir iki üç dört beş altı yedi sekiz dokuz on yüz bin milyon milyar birinci ikinci üçüncü
ilk son için gibi kadar göre karşı doğru rağmen beri önce sonra üzere üzerinde altında içinde
dışında arasında yanında hakkında dolayı boyunca değil evet hayır var yok mı mi mu mü olarak
olan olduğu olduğunu oldu olur olması olacak olmak edildi etti eden ediyor etmek eder edilen
dedi diyor diye söyledi belirtti açıkladı ifade bildirdi kaydetti konuştu yaptı yapılan yapmak
yapıyor aldı almak verdi vermek geldi gelen gelmek gitti gitmek gördü görmek istedi istiyor
bildi biliyor kaldı başladı çıktı geçti bulundu bulunan gerekiyor gerek lazım çok az daha en pek
hiç her bütün tüm bazı birçok birkaç başka diğer aynı hep herkes kimse şey şeyi şimdi bugün dün
yarın artık hala henüz yine tekrar zaten sadece yalnız bile belki hemen asla daima bazen sık gün
günü hafta ay yıl yılı yılında saat dakika zaman sabah akşam gece pazartesi salı çarşamba
perşembe cuma cumartesi pazar ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim
kasım aralık yeni eski büyük küçük iyi kötü güzel önemli uzun kısa yüksek düşük genel özel ana
insan insanlar adam erkek kadın çocuk çocuklar kişi hayat dünya ülke ülkenin devlet şehir kent
ev yer bölüm grup sayı hükümet cumhurbaşkanı başkan başkanı bakan bakanı parti yasa kanun
mahkeme polis ordu savaş barış güvenlik güç kuvvet lider sözcü haber haberler açıklama bilgi
şirket piyasa para iş okul takım maç oyun konu soru sorun durum sonuç karar bölge alan plan
görüşme toplantı seçim sistem şekilde kez taraf
"""
